import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openFile } from '../file.ts';
import type { Arrival, Outgoing, Transport } from '../port.ts';

const never = new AbortController().signal;
let base = '';
let transport: Transport;

beforeEach(async () => {
  base = await mkdtemp(path.join(tmpdir(), 'plumbline-files-'));
  await mkdir(path.join(base, 'in/rejected'), { recursive: true });
  transport = openFile(pathToFileURL(base).href, { application: 'test', now: () => new Date() });
});
afterEach(() => rm(base, { recursive: true, force: true }));

const place = (...parts: string[]) => path.join(base, 'in', ...parts);

async function reject(name: string, body: Buffer, headers?: [string, string][]): Promise<void> {
  if (headers) await writeFile(place('rejected', `${name}.headers.json`), JSON.stringify({ headers }));
  await writeFile(place('rejected', name), body);
}

async function tailFor(length: number): Promise<Arrival[]> {
  const stop = new AbortController();
  const arrivals: Arrival[] = [];
  await transport.tail('/in/rejected', {
    batchMax: 10,
    lingerMs: 1,
    stop: stop.signal,
    store: async (batch) => {
      arrivals.push(...batch);
      if (arrivals.length >= length) stop.abort();
    },
  });
  return arrivals;
}

async function one(): Promise<Arrival> {
  await reject('one.txt', Buffer.from('x'));
  const [arrival] = await tailFor(1);
  if (!arrival) throw new Error('nothing arrived');
  return arrival;
}

const outgoingOf = (arrival: Arrival): Outgoing => ({
  ...arrival,
  messageId: arrival.messageId ?? '',
  deduplicationId: `${arrival.messageId}:1`,
});

it('takes rejected files with their headers, puts them aside, and drops them again as they were', async () => {
  const body = Buffer.from([0, 255, 10]);
  await reject('PO-1.edi', body, [['message-id', 'm-1']]);
  await reject('PO-2.edi', body);
  const [first, second] = await tailFor(2);
  expect([first?.messageId, second?.messageId, first?.body]).toEqual(['m-1', 'PO-2', body]);
  expect(await transport.depth('/in/rejected', never)).toBe(0);
  expect(await readdir(place('rejected', '.taken'))).toHaveLength(3);
  if (!first) return;
  expect(await transport.send('/in', [outgoingOf(first)], never)).toMatchObject([{ kind: 'accepted' }]);
  expect(await readFile(place('PO-1.edi'))).toEqual(body);
  const sidecar = JSON.parse(await readFile(place('PO-1.edi.headers.json'), 'utf8')) as {
    headers: string[][];
  };
  expect(sidecar.headers).toContainEqual(['message-id', 'm-1']);
});

it('never writes over other content, and takes the same content as sent', async () => {
  await reject('PO-1.edi', Buffer.from('x'));
  const [arrival] = await tailFor(1);
  if (!arrival) throw new Error('nothing arrived');
  const outgoing = outgoingOf(arrival);
  await transport.send('/in', [outgoing], never);
  expect(await transport.send('/in', [outgoing], never)).toMatchObject([{ kind: 'accepted' }]);
  const twin = { ...outgoing, messageId: 'another' };
  expect(await transport.send('/in', [twin], never)).toMatchObject([{ kind: 'refused', retryable: true }]);
  const other = { ...outgoing, body: Buffer.from('y') };
  expect(await transport.send('/in', [other], never)).toMatchObject([{ kind: 'refused', retryable: true }]);
  expect(await readFile(place('PO-1.edi'), 'utf8')).toBe('x');
});

it('takes a file whose headers cannot be read, so that it holds up no other', async () => {
  await writeFile(place('rejected', 'a.edi.headers.json'), '{');
  await reject('a.edi', Buffer.from('x'));
  await reject('b.edi', Buffer.from('y'), [['message-id', 'b']]);
  expect((await tailFor(2)).map(({ messageId }) => messageId)).toEqual(['a', 'b']);
});

it('stays below its base whatever names say', async () => {
  await expect(transport.promises('../..', never)).rejects.toThrow('outside');
  expect(await transport.send('../..', [outgoingOf(await one())], never)).toMatchObject([
    { kind: 'refused' },
  ]);
  await expect(transport.promises('/nowhere', never)).rejects.toThrow('There is no directory');
  await reject('a.txt', Buffer.from('x'), [['file-name', '../../evil.txt']]);
  const [arrival] = await tailFor(1);
  if (!arrival) throw new Error('nothing arrived');
  await transport.send('/in', [outgoingOf(arrival)], never);
  expect(await readdir(place())).toContain('evil.txt');
});
