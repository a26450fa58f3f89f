import { expect, it } from 'vitest';
import { decisionOf } from './replay-keys.ts';

const press = (key: string, more = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, ...more });

it('asks for the decision that is open to this person, and for nothing else', () => {
  expect(decisionOf(press('a'), null, ['approve', 'reject'])).toBe('approve');
  expect(decisionOf(press('a'), null, ['submit', 'cancel'])).toBe('submit');
  expect(decisionOf(press('a'), null, ['cancel'])).toBeUndefined();
  expect(decisionOf(press('p'), null, ['pause', 'cancel'])).toBe('pause');
  expect(decisionOf(press('p'), null, ['resume', 'cancel'])).toBe('resume');
  expect(decisionOf(press('x'), null, ['approve'])).toBeUndefined();
});

it('leaves what is typed, and the keys of the browser, alone', () => {
  expect(decisionOf(press('a'), { tagName: 'TEXTAREA' }, ['approve'])).toBeUndefined();
  expect(decisionOf(press('a', { ctrlKey: true }), null, ['approve'])).toBeUndefined();
});
