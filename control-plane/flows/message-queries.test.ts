import { expect, it } from 'vitest';
import { positionAfter } from './message-queries.ts';
import type { Message } from './schemas.ts';

const row = (at: string, spanId: string) => ({ at, spanId, messageId: '' }) as Message;

it('counts how many rows of the last position were shown, over pages', () => {
  const first = positionAfter([row('2', 'b'), row('1', 'a'), row('1', 'a')], undefined);
  expect(first).toEqual({ at: '1', spanId: 'a', messageId: '', seen: 2 });
  expect(positionAfter([row('1', 'a'), row('1', 'a')], first)).toEqual({ ...first, seen: 4 });
  expect(positionAfter([row('1', 'a'), row('0', 'z')], first)).toMatchObject({ at: '0', seen: 1 });
  expect(positionAfter([], first)).toBeUndefined();
});
