import { expect, test } from 'vitest';
import { commandOf, nextRow } from './shortcuts.ts';

const press = (key: string, more = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, ...more });

test.each([
  [press('k', { ctrlKey: true }), 'palette'],
  [press('K', { metaKey: true }), 'palette'],
  [press('?'), 'help'],
  [press('/'), 'filter'],
  [press('j'), 'next'],
  [press('k'), 'previous'],
  [press('j', { ctrlKey: true }), undefined],
  [press('x'), undefined],
])('%j', (key, command) => expect(commandOf(key, { tagName: 'BODY' })).toBe(command));

test('nothing fires in a text field', () => {
  for (const tagName of ['INPUT', 'TEXTAREA', 'SELECT']) {
    for (const key of [press('j'), press('/'), press('?'), press('k', { ctrlKey: true })]) {
      expect(commandOf(key, { tagName })).toBeUndefined();
    }
  }
  expect(commandOf(press('j'), { tagName: 'DIV', isContentEditable: true })).toBeUndefined();
});

test('rows are walked without falling off the ends', () => {
  expect(nextRow(-1, 3, 'next')).toBe(0);
  expect(nextRow(-1, 3, 'previous')).toBe(2);
  expect(nextRow(2, 3, 'next')).toBe(2);
  expect(nextRow(0, 3, 'previous')).toBe(0);
  expect(nextRow(0, 0, 'next')).toBe(-1);
});
