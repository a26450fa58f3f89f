import fc from 'fast-check';
import { expect, test } from 'vitest';
import { comparators, type Node } from './grammar.ts';
import { parseCondition } from './parse.ts';

type Shape = { type: string; [key: string]: unknown };

/** The tree without its columns. */
function shapeOf(node: Node): Shape {
  switch (node.type) {
    case 'literal':
      return { type: 'literal', value: node.value };
    case 'path':
      return { type: 'path', steps: node.steps };
    case 'call':
      return { type: 'call', name: node.name, args: node.args.map(shapeOf) };
    case 'not':
      return { type: 'not', operand: shapeOf(node.operand) };
    case 'compare':
      return { type: 'compare', by: node.comparator, left: shapeOf(node.left), right: shapeOf(node.right) };
    default:
      return { type: node.type, left: shapeOf(node.left), right: shapeOf(node.right) };
  }
}

interface Written {
  text: string;
  shape: Shape;
}

const name = fc
  .stringMatching(/^[a-z_][a-z0-9_]{0,8}$/)
  .filter((word) => !['and', 'or', 'not', 'true', 'false', 'null'].includes(word));
const quoted = (text: string): string =>
  `"${text.replaceAll(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t')}"`;
const step = fc.oneof(
  name.map((value) => ({ text: `.${value}`, value })),
  fc.nat(999).map((value) => ({ text: `[${value}]`, value })),
  fc.string({ maxLength: 8 }).map((value) => ({ text: `[ ${quoted(value)} ]`, value })),
);
const operand: fc.Arbitrary<Written> = fc.oneof(
  fc.integer({ min: -1e9, max: 1e9 }).map((value) => literal(String(value), value)),
  fc.string({ maxLength: 12 }).map((value) => literal(quoted(value), value)),
  fc.constantFrom(true, false, null).map((value) => literal(String(value), value)),
  fc.tuple(name, fc.array(step, { maxLength: 4 })).map(([first, steps]) => ({
    text: first + steps.map(({ text }) => text).join(''),
    shape: { type: 'path', steps: [first, ...steps.map(({ value }) => value)] },
  })),
);
const { condition } = fc.letrec<{ condition: Written }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 5 },
    fc.tuple(operand, fc.constantFrom(...comparators), operand).map(([left, by, right]) => ({
      text: `${left.text} ${by} ${right.text}`,
      shape: { type: 'compare', by, left: left.shape, right: right.shape },
    })),
    tie('condition').map(({ text, shape }) => ({
      text: `not (${text})`,
      shape: { type: 'not', operand: shape },
    })),
    fc.tuple(tie('condition'), fc.constantFrom('and', 'or'), tie('condition')).map(([left, type, right]) => ({
      text: `(${left.text})\t${type}(${right.text})`,
      shape: { type, left: left.shape, right: right.shape },
    })),
  ),
}));

function literal(text: string, value: unknown): Written {
  return { text, shape: { type: 'literal', value } };
}

test('what is written by the grammar is read as it was meant', () => {
  fc.assert(
    fc.property(
      condition.filter(({ text }) => text.length <= 1000),
      ({ text, shape }) => {
        const parsed = parseCondition(text);
        expect(parsed.ok ? shapeOf(parsed.root) : parsed.error).toEqual(shape);
      },
    ),
    { numRuns: 300 },
  );
});

test('any text is read or refused at a column of it, and never throws', () => {
  const piece = fc.constantFrom(
    'status',
    ' ',
    '(',
    ')',
    '==',
    '5m',
    "'",
    '"',
    '[',
    '.',
    'and',
    'not',
    '\\',
    '🙂',
    '0',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(piece).map((all) => all.join('')),
      ),
      (text) => {
        const parsed = parseCondition(text);
        if (parsed.ok) return;
        expect(parsed.error.column).toBeGreaterThanOrEqual(1);
        expect(parsed.error.column).toBeLessThanOrEqual(text.length + 1);
      },
    ),
    { numRuns: 500 },
  );
});

test('and binds closer than or, not closer than and', () => {
  const read = (text: string): Shape | undefined => {
    const parsed = parseCondition(text);
    return parsed.ok ? shapeOf(parsed.root) : undefined;
  };
  expect(read('a or b and not c')).toEqual(read('a or (b and (not c))'));
  expect(read('a and b or c')).toEqual(read('(a and b) or c'));
});

test.each([
  ['0.5s', 0.5],
  ['1500ms', 1.5],
  ['2m', 120],
  ['3h', 10_800],
  ['14d', 1_209_600],
  ['5%', 0.05],
  ['0.1%', 0.001],
  ['10kB', 10_000],
  ['1KiB', 1024],
  ['-3', -3],
])('%s is %d', (text, value) => {
  const parsed = parseCondition(`x < ${text}`);
  expect(parsed.ok && parsed.root.type === 'compare' && parsed.root.right).toMatchObject({ value });
});

test.each([
  ['', 1, 'is empty; write a condition such as status == 200'],
  ['status = 200', 8, 'write == to compare'],
  ['status == 200 && age < 5m', 15, 'write and'],
  ['age < 5 minutes', 9, '"minutes" is not expected here; join conditions with and or or'],
  [
    'age < 5minutes',
    8,
    'unknown unit "minutes"; write one of ms, s, m, h, d, %, B, kB, MB, GB, KiB, MiB, GiB',
  ],
  ["body.state == 'open", 15, 'this text has no closing quote'],
  ['(status == 200', 15, '")" is missing before the end'],
  ['1 < depth < 5', 11, 'compare two values at a time; join comparisons with and'],
  ['sum(body)', 1, 'unknown function "sum"; write one of len, has, matches'],
  ['len(body, 2) > 1', 1, 'len takes 1 value, not 2'],
  ['body.items[-1] == 2', 12, 'write a whole number from 0, or a text in quotes'],
  ['status == 200 or', 17, 'the end is not expected here; write a value or a path'],
  ['status == 007', 12, 'write the number without leading zeros'],
  ["body == '\\q'", 10, '\\q is not an escape; write \\\\ for a backslash'],
  [`${'('.repeat(41)}status`, 42, 'nested deeper than 40; simplify it'],
])('%s is refused at column %d', (text, column, message) => {
  expect(parseCondition(text)).toEqual({ ok: false, error: { column, message } });
});
