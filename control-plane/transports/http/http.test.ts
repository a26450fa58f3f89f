import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { openHttp } from '../http.ts';
import type { Outgoing, Transport } from '../port.ts';
import { retryAfterMs } from './hold-off.ts';
import { signature, targetOf } from './post.ts';

const now = () => new Date('2026-11-23T12:00:00Z');
const never = new AbortController().signal;
let server: Server | undefined;
let transport: Transport | undefined;

afterEach(async () => {
  await transport?.close();
  server?.closeAllConnections();
  server?.close();
});

interface Seen {
  readonly url: string;
  readonly raw: readonly string[];
  readonly body: Buffer;
}

async function serve(
  reply: (seen: Seen, response: ServerResponse, request: IncomingMessage) => void,
  userinfo = '',
): Promise<Seen[]> {
  const all: Seen[] = [];
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const seen = { url: request.url ?? '', raw: request.rawHeaders, body: Buffer.concat(parts) };
      all.push(seen);
      reply(seen, response, request);
    });
  });
  await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  transport = openHttp(`http://${userinfo}127.0.0.1:${port}/base/`, {
    application: 'test',
    now,
    answerWithinMs: 300,
  });
  return all;
}

function message(more: Partial<Outgoing> = {}): Outgoing {
  return {
    messageId: 'm-1',
    deduplicationId: 'm-1:2',
    body: Buffer.from([0, 255, 10]),
    headers: [],
    key: null,
    partition: null,
    contentType: 'application/octet-stream',
    ...more,
  };
}

const send = (...batch: Outgoing[]) => transport?.send('/inbox/orders', batch, never);

describe('a POST', () => {
  it('carries body and headers byte for byte, duplicates too', async () => {
    const all = await serve((_, response) => response.end());
    const headers: Outgoing['headers'] = [
      ['X-Twice', Buffer.from('a')],
      ['X-Twice', Buffer.from([0xe9])],
      ['Connection', Buffer.from('close')],
    ];
    expect(await send(message({ headers }))).toEqual([{ kind: 'accepted', position: 'HTTP 200' }]);
    const [{ url, raw, body } = { url: '', raw: [], body: Buffer.alloc(0) }] = all;
    expect([url, body]).toEqual(['/base/inbox/orders', Buffer.from([0, 255, 10])]);
    const pairs = raw.flatMap((name, at) => (at % 2 === 0 ? [[name.toLowerCase(), raw[at + 1]]] : []));
    expect(pairs.filter(([name]) => name === 'x-twice')).toEqual([
      ['x-twice', 'a'],
      ['x-twice', 'é'],
    ]);
    expect(pairs).toContainEqual(['message-id', 'm-1']);
    expect(pairs).toContainEqual(['idempotency-key', 'm-1:2']);
    expect(pairs).not.toContainEqual(['connection', 'close']);
  });

  it('is signed when the URL holds a key', async () => {
    const all = await serve((_, response) => response.end(), ':secret@');
    await send(message());
    expect(all[0]?.raw).toContain(signature('secret', now(), 'm-1', Buffer.from([0, 255, 10])));
    expect(all[0]?.raw.join()).not.toContain('secret');
  });

  it.each([
    [204, { kind: 'accepted' }],
    [302, { kind: 'refused', retryable: false }],
    [409, { kind: 'refused', retryable: false }],
    [429, { kind: 'refused', retryable: true }],
    [500, { kind: 'unknown' }],
    [503, { kind: 'refused', retryable: true }],
    [504, { kind: 'unknown' }],
  ])('that is answered with %d', async (status, result) => {
    await serve((_, response) => response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end());
    expect(await send(message())).toMatchObject([result]);
  });

  it('is unknown when the answer is lost or late, and refused when nobody is there', async () => {
    await serve((seen, _response, request) => {
      if (seen.raw.includes('lost')) request.socket.destroy();
    });
    const lost = message({ headers: [['x-case', Buffer.from('lost')]] });
    expect(await send(lost, message())).toMatchObject([{ kind: 'unknown' }, { kind: 'unknown' }]);
    await transport?.close();
    transport = openHttp('http://127.0.0.1:1', { application: 'test', now });
    expect(await send(message())).toMatchObject([{ kind: 'refused', retryable: true }]);
    await expect(transport.promises('/x', never)).rejects.toThrow('does not answer');
  });

  it('is certainly not made where no trust was found before it', async () => {
    // Without a certificate the handshake fails, after the connection was made and before a byte of the message.
    const untrusted = createTlsServer({}, () => undefined);
    await new Promise<void>((done) => untrusted.listen(0, '127.0.0.1', done));
    const { port } = untrusted.address() as AddressInfo;
    transport = openHttp(`https://127.0.0.1:${port}`, { application: 'test', now });
    expect(await send(message())).toMatchObject([{ kind: 'refused', retryable: true }]);
    untrusted.close();
  });

  it('waits as long as the service asks, and what stands behind it is not even tried', async () => {
    let isBusy = true;
    const all = await serve((_, response) => {
      response.writeHead(isBusy ? 503 : 200, isBusy ? { 'retry-after': '1' } : {}).end();
      isBusy = false;
    });
    const batch = ['a', 'b', 'c'].map((messageId) => message({ messageId, key: Buffer.from('k') }));
    const refused = { kind: 'refused', retryable: true };
    const first = await send(...batch);
    expect(first).toMatchObject([refused, refused, refused]);
    expect(first?.[2]).toMatchObject({ reason: expect.stringContaining('left alone') as unknown });
    expect(all).toHaveLength(1);
    const startedMs = performance.now();
    expect((await send(...batch))?.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'accepted']);
    expect(performance.now() - startedMs).toBeGreaterThan(700);
  });

  it.each([
    ['120', 120_000],
    ['Mon, 23 Nov 2026 12:00:05 GMT', 5000],
    ['Mon, 23 Nov 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ])('reads Retry-After: %s', (value, ms) => {
    expect(retryAfterMs(value, now())).toBe(ms);
  });

  it('keeps the order of equal keys while others go on', async () => {
    const all = await serve((_, response) => setTimeout(() => response.end(), 20));
    const batch = Array.from({ length: 12 }, (_, at) =>
      message({ messageId: `m-${at}`, key: Buffer.from(`k${at % 3}`), body: Buffer.from(`${at}`) }),
    );
    const results = await send(...batch);
    expect(results?.every(({ kind }) => kind === 'accepted')).toBe(true);
    for (const key of [0, 1, 2]) {
      const own = all.map(({ body }) => Number(body.toString())).filter((at) => at % 3 === key);
      expect(own).toEqual([...own].sort((a, b) => a - b));
    }
  });

  it('is not made once the replay is stopped, nor without a body', async () => {
    const all = await serve((_, response) => response.end());
    expect(await transport?.send('/x', [message()], AbortSignal.abort())).toMatchObject([
      { kind: 'refused', retryable: true },
    ]);
    expect(await send(message({ body: null }))).toMatchObject([{ kind: 'refused', retryable: false }]);
    expect(all).toEqual([]);
  });
});

it('never leaves the origin of its connection', () => {
  for (const destination of ['//evil.example/x', 'http://evil.example/', '/../../x', '\\\\evil', '/a b?c#d'])
    expect(targetOf('https://erp.example/api', destination)).toMatchObject({ origin: 'https://erp.example' });
  expect(targetOf('https://erp.example', '/orders/{id}')).toContain('replay.destination');
});
