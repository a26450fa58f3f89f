import { expect, test } from 'vitest';
import { hexOf } from './hex.ts';

test('bytes stand as hex and as text, sixteen a line', () => {
  expect(hexOf(btoa('Hello, world\u0000\u00ff!!X'))).toBe(
    '00000000  48 65 6c 6c 6f 2c 20 77 6f 72 6c 64 00 ff 21 21  Hello, world..!!\n' +
      '00000010  58                                               X',
  );
  expect(hexOf(btoa('a'.repeat(40)), 16).split('\n')).toHaveLength(1);
  expect(hexOf('')).toBe('');
});
