import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvCell, csvFileName, toCsv } from './csv.ts';

test.each([
  ['=HYPERLINK("http://x")', `"'=HYPERLINK(""http://x"")"`],
  ['+1+1', `"'+1+1"`],
  ['-2+3', `"'-2+3"`],
  ['@SUM(A1)', `"'@SUM(A1)"`],
  ['\t=1', `"'\t=1"`],
  ['-12.5', '-12.5'],
  [-3, '-3'],
  ['a,b', '"a,b"'],
  ['say "hi"', '"say ""hi"""'],
  [null, ''],
])('%j becomes %s', (value, cell) => expect(csvCell(value)).toBe(cell));

test('no cell that a spreadsheet would run ever leaves', () => {
  fc.assert(
    fc.property(fc.constantFrom('=', '+', '-', '@', '\t', '\r'), fc.string(), (start, rest) => {
      const cell = csvCell(start + rest);
      const content = cell.startsWith('"') ? cell.slice(1, -1) : cell;
      expect(content.startsWith("'") || /^-\d+(\.\d+)?$/.test(content)).toBe(true);
    }),
  );
});

test('lines end as RFC 4180 says', () => {
  const csv = toCsv([{ n: 1 }], [{ label: 'N', value: (row) => row.n }]);
  expect(csv).toBe('N\r\n1\r\n');
});

test('file name', () =>
  expect(csvFileName('Flow messages', 0)).toBe('plumbline-flow-messages-1970-01-01T0000Z.csv'));
