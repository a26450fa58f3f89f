import { expect, test } from 'vitest';
import { checkCondition } from './check.ts';
import type { Fields } from './fields.ts';

const fields: Fields = {
  status: 'number',
  age: 'duration',
  size: 'size',
  body: 'json',
  stable: 'boolean',
  reason: 'text',
  'certificate.expires_in': 'duration',
};

test.each([
  'status == 200',
  'status >= 200 and status < 300',
  'certificate.expires_in > 14d',
  "body.items[0].state == 'open' and len(body.items) <= 50",
  "has(body.items[0].tags, 'express') or body == null",
  "matches(body.number, 'SO-\\\\d{1,8}')",
  'stable and not (age > 5m or size < 1kB)',
  'body.ok',
  'body.share < 5%',
  'age == null',
])('%s is right', (text) => {
  expect(checkCondition(text, fields)).toMatchObject({ ok: true });
});

test.each([
  ['statuss == 200', 1, 'unknown field "statuss"; did you mean "status"?'],
  ['age < 5', 7, 'needs a unit: what it is compared with is a duration, such as 5m'],
  ['size > 10', 8, 'needs a unit: what it is compared with is a size, such as 10kB'],
  ['age < 5kB', 7, 'is a size and cannot be compared with a duration'],
  ['body.age < 5m', 12, 'has a unit, but what it is compared with is a plain number; write it without'],
  ['status', 1, 'is a number, not a condition; compare it with something'],
  ['status == 200 and 1', 19, 'is a value, not a condition; compare it with something'],
  ['stable > false', 1, 'has no order; use == or != in place of >'],
  ['reason.code == 1', 1, '"reason" is a text; nothing stands below it'],
  ['len(status) > 1', 5, 'len reads a text, a list or a mapping'],
  ['matches(reason, body.pattern)', 17, 'write the pattern as a text in quotes'],
])('%s is refused at column %d', (text, column, message) => {
  expect(checkCondition(text, fields)).toEqual({ ok: false, error: { column, message } });
});

test('a pattern that a text could make slow is refused', () => {
  const checked = checkCondition("matches(reason, '(a+)+b')", fields);
  expect(checked.ok ? '' : checked.error.message).toMatch(/could take very long/);
});
