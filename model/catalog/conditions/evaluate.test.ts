import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evaluateCondition, type Verdict } from './evaluate.ts';
import type { Values } from './fields.ts';
import { parseCondition } from './parse.ts';

function judge(text: string, values: Values): Verdict {
  const parsed = parseCondition(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return evaluateCondition(parsed.root, text, values);
}

const values: Values = {
  status: 200,
  age: 90,
  'certificate.expires_in': 86_400 * 20,
  body: { items: [{ state: 'open', tags: ['express'] }], total: '12.50', ok: true, none: null, late: false },
};

test.each([
  'status == 200',
  'age < 2m and age >= 90s',
  'certificate.expires_in > 14d',
  "body.items[0].state == 'open'",
  "body['items'][0]['state'] != 'closed'",
  'len(body.items) == 1 and len(body.items[0].state) == 4',
  "has(body.items[0].tags, 'express') and has(body, 'total') and has(body.total, '.5')",
  "matches(body.total, '\\\\d{1,5}[.]\\\\d\\\\d')",
  'body.ok and not body.late',
  'body.none == null and body.nowhere == null and body.items[7] == null',
  "body.ok or body.nowhere == 'x'",
  '(status == 200) == true',
])('%s holds', (text) => {
  expect(judge(text, values)).toEqual({ met: true });
});

test.each([
  ['status == 503', 'status == 503 (status is 200)'],
  ['status == 200 and age > 1h', 'age > 1h (age is 90)'],
  ["body.items[0].state == 'closed'", `body.items[0].state == 'closed' (body.items[0].state is "open")`],
  ['status == 500 or age > 1h', 'neither status == 500 (status is 200) nor age > 1h (age is 90)'],
  ['not body.ok', 'not body.ok'],
  // What is missing, or of another type, never passes: not even below a not.
  ['body.nowhere > 5', 'body.nowhere is missing'],
  ['not (body.nowhere > 5)', 'body.nowhere is missing'],
  ["body.nowhere != 'failed'", 'body.nowhere is missing'],
  ['not body.nowhere', 'body.nowhere is missing, not true or false'],
  ['body.total > 5', 'body.total > 5: "12.50" and 5 have no order'],
  ['depth == 0', 'depth is missing'],
  // Nothing of JavaScript shows through.
  ["body.constructor != 'x'", 'body.constructor is missing'],
  ['len(body.items.length) > 0', 'body.items.length is missing'],
])('%s does not hold', (text, why) => {
  expect(judge(text, values)).toEqual({ met: false, why });
});

test('and, or and not agree with those of the language that they are written in', () => {
  type Formula = { text: string; value: (of: Record<string, boolean>) => boolean };
  const { formula } = fc.letrec<{ formula: Formula }>((tie) => ({
    formula: fc.oneof(
      { maxDepth: 5 },
      fc
        .constantFrom('a', 'b', 'c')
        .map((name): Formula => ({ text: name, value: (of) => of[name] === true })),
      tie('formula').map(({ text, value }): Formula => ({
        text: `not (${text})`,
        value: (of) => !value(of),
      })),
      fc.tuple(tie('formula'), tie('formula')).map(([x, y]): Formula => ({
        text: `(${x.text}) and (${y.text})`,
        value: (of) => x.value(of) && y.value(of),
      })),
      fc.tuple(tie('formula'), tie('formula')).map(([x, y]): Formula => ({
        text: `(${x.text}) or (${y.text})`,
        value: (of) => x.value(of) || y.value(of),
      })),
    ),
  }));
  const truth = fc.record({ a: fc.boolean(), b: fc.boolean(), c: fc.boolean() });
  fc.assert(
    fc.property(
      formula.filter(({ text }) => text.length <= 1000),
      truth,
      ({ text, value }, of) => {
        expect(judge(text, of).met).toBe(value(of));
      },
    ),
    { numRuns: 300 },
  );
});

test('numbers compare as numbers, whatever the unit', () => {
  fc.assert(
    fc.property(fc.nat(100_000), fc.nat(100_000), (age, limit) => {
      expect(judge(`age < ${limit}ms`, { age: age / 1000 }).met).toBe(age < limit);
    }),
  );
});
