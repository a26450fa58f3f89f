import { expect, it } from 'vitest';
import { dots, hidesHeader, maskJson, maskRules } from './mask.ts';

it('hides fields by name wherever they stand, and by pointer only there', () => {
  const rules = maskRules(['email', '/bank/iban', '/lines/0/note']);
  const body = {
    Email: 'a@b.example',
    bank: { iban: 'DE1', bic: 'X' },
    iban: 'kept',
    lines: [{ note: 'n', email: ['x'] }, { note: 'kept' }],
  };
  const { value, hidden } = maskJson(body, rules);
  expect(value).toEqual({
    Email: dots,
    bank: { iban: dots, bic: 'X' },
    iban: 'kept',
    lines: [{ note: dots, email: dots }, { note: 'kept' }],
  });
  expect(hidden).toEqual(['/Email', '/bank/iban', '/lines/0/note', '/lines/0/email']);
  expect(body.Email).toBe('a@b.example');
});

it('never shows what signs requests', () => {
  expect(hidesHeader('Authorization', maskRules([]))).toBe(true);
  expect(hidesHeader('x-flow', maskRules([]))).toBe(false);
});
