import { expect, it } from 'vitest';
import { rememberFor } from './remember.ts';

function stand(keptMax?: number) {
  let nowMs = 0;
  let asked = 0;
  const remember = rememberFor<number>(1000, () => new Date(nowMs), keptMax);
  return {
    ask: (key: string) => remember(key, () => Promise.resolve((asked += 1))),
    remember,
    advance: (ms: number) => (nowMs += ms),
  };
}

it('asks once for a key within its time, and again after it', async () => {
  const { ask, advance } = stand();
  expect(await Promise.all([ask('a'), ask('a'), ask('b')])).toEqual([1, 1, 2]);
  advance(999);
  expect(await ask('a')).toBe(1);
  advance(1);
  expect(await ask('a')).toBe(3);
});

it('does not keep a failure', async () => {
  const { ask, remember } = stand();
  await expect(remember('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  expect(await ask('a')).toBe(1);
});

it('forgets the oldest above its limit', async () => {
  const { ask } = stand(2);
  await Promise.all([ask('a'), ask('b'), ask('c')]);
  expect(await ask('c')).toBe(3);
  expect(await ask('a')).toBe(4);
});
