import { expect, test } from 'vitest';
import { draftOf } from './draft.ts';

const before = '{\n  "order": "SO-1",\n  "quantity": "3 CS12",\n  "lines": [{"sku": "A"}]\n}';
const changed = (from: string, to: string, protectedFields: string[] = []) =>
  draftOf(before, before.replace(from, to), protectedFields);

test('a change is a patch with its before and after', () => {
  expect(changed('"3 CS12"', '3')).toEqual({
    kind: 'changed',
    patch: [{ op: 'replace', path: '/quantity', value: 3 }],
    changes: [{ path: '/quantity', before: '"3 CS12"', after: '3' }],
  });
  expect(changed('"sku": "A"', '"sku": "B"')).toMatchObject({
    changes: [{ path: '/lines/0/sku', before: '"A"' }],
  });
});

test('layout alone is no change', () => {
  expect(draftOf(before, JSON.stringify(JSON.parse(before)), [])).toEqual({ kind: 'same' });
});

test('what is not JSON is refused with its line, what is protected with its name', () => {
  const broken = changed('"3 CS12"', '3 CS12');
  expect(broken.kind === 'wrong' && broken.sentence).toContain('Line 3');
  expect(changed('SO-1', 'SO-2', ['/order'])).toEqual({
    kind: 'wrong',
    sentence: '/order must stay as it is: it is protected or masked.',
  });
});
