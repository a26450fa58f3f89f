import { expect, test } from 'vitest';
import { parseConfig } from './config.ts';
import { openSecrets } from './secrets.ts';

const least = { DATABASE_URL: 'postgres://127.0.0.1/plumbline', PLUMBLINE_CATALOG: 'catalog' };

test('names secrets and connections as the catalog does', () => {
  const parsed = parseConfig({
    ...least,
    PLUMBLINE_SECRET_ERP_TOKEN: 's3cret',
    PLUMBLINE_CONNECTION_EDI_FILES: 'file:///in',
    PLUMBLINE_OTLP_TOKENS: 'first, second',
  });
  if (!parsed.ok) throw new Error(parsed.error);
  expect([...parsed.config.secrets]).toEqual([['erp-token', 's3cret']]);
  expect([...parsed.config.connections]).toEqual([['edi-files', 'file:///in']]);
  expect(parsed.config.otlpToken).toBe('first');
});

test('says which variable to set', () => {
  expect(parseConfig({ PLUMBLINE_CATALOG: 'catalog' })).toEqual({
    ok: false,
    error: 'Set the environment variable DATABASE_URL.',
  });
});

test('a secret is kept out of texts in every form in which it is written', () => {
  const secrets = openSecrets(new Map([['db', 'p@ss "word"']]), undefined);
  expect(secrets.redact('p@ss')).toBe('p@ss');
  secrets.get('db');
  const told = ['p@ss "word"', encodeURIComponent('p@ss "word"'), JSON.stringify({ a: 'p@ss "word"' })];
  for (const text of told) expect(secrets.redact(`x ${text} y`)).not.toMatch(/word/);
});
