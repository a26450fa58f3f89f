import { serve, type HttpBindings, type ServerType } from '@hono/node-server';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { unreachableFailure } from '../business/causes.ts';
import { flowSpec, flowSpecs } from '../business/flows.ts';
import type { Message, Step, SystemName, Via } from '../business/types.ts';
import type { Desk, Handling } from './desk.ts';
import { clientSpanName } from './letters.ts';
import { bodyOf, headersOf, readDelivery } from './wire.ts';

/** Loopback endpoints of the systems, and the way to them. */
export interface HttpPost {
  send(message: Message): Promise<void>;
  close(): Promise<void>;
}

interface Server {
  readonly server: ServerType;
  readonly port: number;
}

const Answer = z.object({
  attempt: z.number().int(),
  startedAtMs: z.number(),
  durationMs: z.number(),
  outcome: z.enum(['delivered', 'retried', 'dead_lettered', 'discarded']),
  failure: z
    .object({ type: z.string(), message: z.string(), stack: z.string(), status: z.number().int() })
    .optional(),
  retryAfterMs: z.number().optional(),
});

const answerWithinMs = 180_000;

/** Opens one server for each system that is the target of a flow. */
export async function openHttpPost(
  desk: Desk,
  emit: (step: Step) => void,
  now: () => number,
  stop: AbortSignal,
): Promise<HttpPost> {
  const targets = [...new Set(flowSpecs.map((spec) => spec.target))];
  const servers = new Map<SystemName, Server>();
  for (const system of targets) servers.set(system, await openServer(desk, system, now));

  const once = async (message: Message, attempt: number, sentAtMs: number): Promise<Handling | 'down'> => {
    const spec = flowSpec(message.flow);
    const port = servers.get(spec.target)?.port ?? 0;
    try {
      const response = await fetch(`http://127.0.0.1:${port}${pathOf(message)}`, {
        method: spec.transport.kind === 'http' ? spec.transport.method : 'POST',
        headers: headersOf(message, attempt, sentAtMs, clientSpanName(message, attempt)),
        body: bodyOf(message),
        signal: AbortSignal.any([stop, AbortSignal.timeout(answerWithinMs)]),
      });
      return readAnswer(await response.json());
    } catch (error) {
      if (stop.aborted) throw error;
      return 'down';
    }
  };
  return {
    send: (message) => sendUntilDone(message, once, desk, emit, now, stop),
    async close() {
      await Promise.all([...servers.values()].map(({ server }) => closeServer(server)));
    },
  };
}

async function sendUntilDone(
  message: Message,
  once: (message: Message, attempt: number, sentAtMs: number) => Promise<Handling | 'down'>,
  desk: Desk,
  emit: (step: Step) => void,
  now: () => number,
  stop: AbortSignal,
): Promise<void> {
  const spec = flowSpec(message.flow);
  const via: { via?: Via } = spec.transport.kind === 'http' ? {} : { via: 'http-inbox' };
  const sentAtMs = now();
  for (let attempt = 1; ; attempt++) {
    const startMs = now();
    const answer = await once(message, attempt, sentAtMs);
    const handling = answer === 'down' ? unreached(message, attempt, startMs, now()) : answer;
    if (answer === 'down') desk.unreached(message, attempt, handling);
    // The sender's own count names the spans on both sides.
    const { startedAtMs, retryAfterMs, attempt: _, ...rest } = handling;
    emit({
      kind: 'attempted',
      atMs: startedAtMs,
      message,
      sentAtMs,
      attempt,
      ...rest,
      ...via,
      caller: { startMs, endMs: now() },
    });
    if (retryAfterMs === undefined) return;
    await sleep(retryAfterMs, undefined, { signal: stop });
  }
}

function unreached(message: Message, attempt: number, startedAtMs: number, endMs: number): Handling {
  const spec = flowSpec(message.flow);
  const host = spec.transport.kind === 'http' ? spec.transport.host : `${spec.target}.distributor.example`;
  const retryAfterMs = spec.retryWaitsMs[attempt - 1];
  return {
    attempt,
    startedAtMs,
    durationMs: endMs - startedAtMs,
    failure: unreachableFailure(host),
    ...(retryAfterMs === undefined ? { outcome: 'dead_lettered' } : { outcome: 'retried', retryAfterMs }),
  };
}

/** A target that is down hangs up; one that is up answers 200 or says in its body why not. */
function openServer(desk: Desk, system: SystemName, now: () => number): Promise<Server> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.use(bodyLimit({ maxSize: 64 * 1024 }));
  app.onError((_, c) => c.json({ title: 'The system is stopping.' }, 503));
  app.all('*', async (c) => {
    const flow = c.req.header('x-flow') ?? '';
    const target = flowSpecs.find((spec) => spec.name === flow)?.target;
    const delivery = readDelivery(flow, await c.req.text(), c.req.header(), now());
    if (!delivery || target !== system) {
      return c.json({ title: 'This is no message for this system.' }, 400);
    }
    const handling = await desk.handle(delivery, { overHttp: true });
    if (handling === 'down') {
      c.env.incoming.socket.destroy();
      return c.body(null, 503);
    }
    const body = JSON.stringify(handling);
    return new Response(body, {
      status: handling.failure?.status ?? 200,
      headers: { 'content-type': 'application/json' },
    });
  });
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, (info) =>
      resolve({ server, port: info.port }),
    );
    server.once('error', reject);
  });
}

function readAnswer(body: unknown): Handling {
  const { failure, retryAfterMs, ...rest } = Answer.parse(body);
  return { ...rest, ...(failure && { failure }), ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

function closeServer(server: ServerType): Promise<void> {
  return new Promise((resolve) => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close(() => resolve());
  });
}

function pathOf(message: Message): string {
  const { transport } = flowSpec(message.flow);
  if (transport.kind !== 'http') return `/inbox/${message.flow}`;
  return transport.route.replace('{id}', encodeURIComponent(message.keys[0] ?? message.id));
}
