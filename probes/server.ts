import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Probe } from '@plumbline/model/catalog/probe.ts';
import type { Log } from './log.ts';
import type { Secrets } from './secrets.ts';

interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Health, and the door for heartbeats: `POST /heartbeats/<probe>` with the probe's secret as bearer token answers 204
 * once the beat is stored.
 */
export function createProbesServer(options: {
  readonly probe: (name: string) => Probe | undefined;
  readonly noteBeat: (probe: string) => Promise<void>;
  readonly readiness: () => { readonly ready: boolean; readonly leader: boolean; readonly probes: number };
  readonly secrets: Secrets;
  readonly log: Log;
}): Server {
  const server = createServer((request, response) => {
    // A beat has nothing to say but its name.
    request.resume();
    void answer(request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(status === 204 ? undefined : JSON.stringify(body));
    });
  });
  server.requestTimeout = 10_000;
  server.maxConnections = 500;
  return server;

  async function answer(request: IncomingMessage): Promise<Reply> {
    const path = (request.url ?? '').replace(/\?.*$/, '');
    if (request.method === 'GET' && path === '/healthz') return { status: 200, body: { status: 'alive' } };
    if (request.method === 'GET' && path === '/readyz') {
      const readiness = options.readiness();
      return { status: readiness.ready ? 200 : 503, body: readiness };
    }
    const name = /^\/heartbeats\/([a-z][a-z0-9-]{0,62})$/.exec(path)?.[1];
    if (name === undefined) return { status: 404, body: { title: 'There is nothing here.' } };
    if (request.method !== 'POST') return { status: 405, body: { title: 'Send POST.' } };
    return takeBeat(name, request.headers.authorization ?? '');
  }

  async function takeBeat(name: string, authorization: string): Promise<Reply> {
    const refused = { status: 401, body: { title: 'Send the secret of the probe as bearer token.' } };
    const check = options.probe(name)?.check;
    // An unknown name and a wrong token answer alike, so that names cannot be found out.
    if (check?.kind !== 'heartbeat') return refused;
    try {
      if (!isEqual(authorization, `Bearer ${options.secrets.get(check.secret)}`)) return refused;
      await options.noteBeat(name);
      return { status: 204, body: {} };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      options.log.warn('A heartbeat was not stored', { probe: name, why: options.secrets.redact(why) });
      return { status: 503, body: { title: 'The beat could not be stored; send it again.' } };
    }
  }
}

function isEqual(given: string, wanted: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(wanted));
}
