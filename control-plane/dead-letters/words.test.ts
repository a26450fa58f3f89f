import { expect, test } from 'vitest';
import type { Arrival } from '../transports/port.ts';
import { maskRules } from './mask.ts';
import { wordsOf } from './words.ts';

function words(body: unknown, headers: Arrival['headers'] = [], masked: string[] = []): string {
  const arrival = { headers } as unknown as Arrival;
  return wordsOf(arrival, body, maskRules(masked));
}

test('a word stands once, however often the body says it', () => {
  const lines = Array.from({ length: 1000 }, (_, n) => ({ sku: `A-${n % 3}`, quantity: 1 }));
  expect(words({ order: 'SO-1', lines })).toBe('order SO-1 lines sku A-0 quantity 1 A-1 A-2');
});

test('what is masked is no word, by name, by pointer and in headers', () => {
  const found = words(
    { email: 'a@b.example', buyer: { name: 'Ada', card: '4111' }, 'a/b': 'seen' },
    [
      ['x-customer', Buffer.from('C-17')],
      ['authorization', Buffer.from('Bearer secret')],
    ],
    ['email', '/buyer/card', '/a~1b'],
  );
  expect(found).toBe('x-customer C-17 email buyer name Ada card a/b');
});

test('a body of any size gives a bounded text', () => {
  const many = Array.from({ length: 200_000 }, (_, n) => `word-${n}`);
  expect(words(many).length).toBeLessThanOrEqual(60_000);
  expect(words('x'.repeat(1_000_000)).length).toBeLessThanOrEqual(60_000);
});
