import { expect, it } from 'vitest';
import type { Header } from '../transports/port.ts';
import { payloadHash } from './payload-hash.ts';

const bare = { key: null, partition: null, contentType: null, headers: [] as Header[] };

it('tells payloads apart that differ in anything, an absent body from an empty one too', () => {
  const hashes = [
    { ...bare, body: null },
    { ...bare, body: Buffer.alloc(0) },
    { ...bare, body: Buffer.from('a') },
    { ...bare, body: null, key: Buffer.from('a') },
    { ...bare, body: Buffer.from('a'), headers: [['x', Buffer.from('1')] satisfies Header] },
  ].map((payload) => payloadHash(payload).toString('hex'));
  expect(new Set(hashes).size).toBe(hashes.length);
});

it('is the same for one message that died twice', () => {
  const died = (at: string) => ({
    ...bare,
    body: Buffer.from('a'),
    headers: [['X-Died-At', Buffer.from(at)] satisfies Header],
  });
  const volatile = new Set(['x-died-at']);
  expect(payloadHash(died('1'), volatile)).toEqual(payloadHash(died('2'), volatile));
  expect(payloadHash(died('1'))).not.toEqual(payloadHash(died('2')));
});
