import { expect, it } from 'vitest';
import { csvText } from './csv.ts';

it.each([
  ['plain', 'plain'],
  ['-12.50', '-12.50'],
  ['=1+1', "'=1+1"],
  ['@cmd', "'@cmd"],
  ['-cmd', "'-cmd"],
  ['a,"b"', '"a,""b"""'],
  ['=a,b', '"\'=a,b"'],
  ['\tx', "'\tx"],
])('%j stands in a table as %j', (value, cell) => expect(csvText([[value]])).toBe(`${cell}\r\n`));
