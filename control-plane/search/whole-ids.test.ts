import { expect, it } from 'vitest';
import { idPrefixes, wholeIds } from './whole-ids.ts';

const entities = ['SO-\\d{4}', 'INV-\\d{4}-\\d', '(WEB|MP)-\\d{4}', '[A-Z]+\\d+', 'C\\d+', undefined].map(
  (idPattern) => (idPattern === undefined ? {} : { idPattern }),
);

it.each([
  ['1001', ['SO-1001', 'C1001']],
  ['1001-2', ['INV-1001-2']],
  ['SO-1001', []],
  ['12', ['C12']],
  ['', []],
  ['(', []],
])('%s may stand for %j', (text, ids) => {
  expect(wholeIds(text, entities)).toEqual(ids);
});

it.each([
  ['10', ['SO-10', 'INV-10', 'C10']],
  ['1001-', ['SO-1001-', 'INV-1001-', 'C1001-']],
  ['1', []],
  ['SO-10', []],
  ['', []],
])('%s may begin %j', (text, prefixes) => {
  expect(idPrefixes(text, entities)).toEqual(prefixes);
});
