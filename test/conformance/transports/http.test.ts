import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { openHttp } from '@plumbline/control-plane/transports/http.ts';
import type { Arrival, Header, TransportOptions } from '@plumbline/control-plane/transports/port.ts';
import type { OwnProcess } from '../../brokers/broker.ts';
import type { Stand } from './harness.ts';
import { holdsToThePort } from './suite.ts';

holdsToThePort({
  name: 'HTTP',
  why: undefined,
  carries: {
    binaryHeaders: 'kept',
    repeatedHeaders: 'kept',
    emptyHeaders: 'kept',
    key: 'left out',
    partition: 'left out',
    tombstones: 'refused',
  },
  reads: false,
  connects: true,
  browses: false,
  counts: false,
  deduplicates: 'no',
  keepsOrder: true,
  kinds: { '': 'unknown' },
  outliveKill: [''],
  start,
});

/** A service that keeps what is posted to paths that it knows. Hanging, it keeps half of it and answers nothing. */
async function start(): Promise<Stand> {
  const kept = new Map<string, Arrival[]>();
  let isHanging = false;
  let nth = 0;
  const take = (request: IncomingMessage, body: Buffer, response: ServerResponse) => {
    const arrivals = kept.get(request.url ?? '');
    if (!arrivals) return void response.writeHead(404).end('no such inbox');
    nth += 1;
    if (!isHanging || nth % 2 === 0) arrivals.push(arrivalOf(request, body, nth));
    if (!isHanging) setTimeout(() => response.writeHead(202).end(), 1);
  };
  const serve = async (port: number): Promise<Server> => {
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => take(request, Buffer.concat(parts), response));
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return server;
  };
  let server = await serve(0);
  const { port } = server.address() as AddressInfo;
  const openPort = (at: number, options: Partial<TransportOptions> = {}) =>
    openHttp(`http://127.0.0.1:${at}`, {
      application: 'plumbline-test',
      now: () => new Date(),
      answerWithinMs: 4000,
      ...options,
    });
  const target: OwnProcess = {
    hang: () => void (isHanging = true),
    async kill() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
    async start() {
      isHanging = false;
      server = await serve(port);
    },
  };
  return {
    open: (options) => openPort(port, options),
    openAt: openPort,
    nowhere: '/nowhere',
    createPlace() {
      const inbox = `/inbox-${randomUUID()}`;
      kept.set(inbox, []);
      return Promise.resolve({ to: inbox, from: inbox });
    },
    async received(place, length) {
      const arrivals = kept.get(place.to) ?? [];
      const deadlineMs = Date.now() + 20_000;
      while (arrivals.length < length && Date.now() < deadlineMs) await sleep(20);
      return arrivals;
    },
    target,
    settleMs: 0,
    close: () => target.kill(),
  };
}

function arrivalOf({ rawHeaders }: IncomingMessage, body: Buffer, nth: number): Arrival {
  const headers: Header[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    headers.push([rawHeaders[at] ?? '', Buffer.from(rawHeaders[at + 1] ?? '', 'latin1')]);
  const text = (wanted: string) => headers.find(([name]) => name === wanted)?.[1].toString() ?? null;
  return {
    arrivalId: String(nth),
    messageId: text('message-id'),
    body,
    headers,
    key: null,
    partition: null,
    contentType: text('content-type'),
    originalDestination: null,
    failedAt: null,
    reason: null,
    deliveries: null,
  };
}
