import { expect, test } from 'vitest';
import { parseConfig } from './config.ts';

const least = {
  CLICKHOUSE_URL: 'http://u:p@127.0.0.1:8123/plumbline',
  DATABASE_URL: 'postgres://u:p@127.0.0.1:5432/plumbline',
};

test('two addresses are enough; the rest is closed and local', () => {
  expect(parseConfig(least)).toMatchObject({
    bind: '127.0.0.1',
    port: 7070,
    publicUrl: 'http://localhost:3000',
    local: false,
    trustedProxies: [],
    catalogDirectory: undefined,
  });
});

test('an empty variable counts as none', () => {
  expect(parseConfig({ ...least, PLUMBLINE_API_PORT: '', PLUMBLINE_CATALOG: '' }).port).toBe(7070);
});

test('links begin with the public address, whether it ends with a slash or not', () => {
  expect(parseConfig({ ...least, PLUMBLINE_PUBLIC_URL: 'https://x.test/' }).publicUrl).toBe('https://x.test');
});

test('trusted proxies are addresses and networks', () => {
  const read = (text: string) => parseConfig({ ...least, PLUMBLINE_TRUSTED_PROXIES: text }).trustedProxies;
  expect(read('10.0.0.0/8, 2001:db8::/32,192.0.2.7')).toEqual(['10.0.0.0/8', '2001:db8::/32', '192.0.2.7']);
  for (const wrong of ['10.0.0.0/33', 'proxy.test', '10.0.0.0/', '1.2.3.4/8/8', '::1/129'])
    expect(() => read(wrong)).toThrow('PLUMBLINE_TRUSTED_PROXIES');
});

test.each([
  [{ DATABASE_URL: undefined }, 'DATABASE_URL'],
  [{ CLICKHOUSE_URL: 'postgres://x' }, 'CLICKHOUSE_URL'],
  [{ PLUMBLINE_API_PORT: 'x' }, 'PLUMBLINE_API_PORT'],
  [{ PLUMBLINE_LOCAL: 'yes' }, 'PLUMBLINE_LOCAL'],
  [{ PLUMBLINE_CHANNEL_ON_CALL: 'pager-duty://short' }, 'PLUMBLINE_CHANNEL_ON_CALL'],
  [{ PLUMBLINE_NOTIFY_NETWORKS: 'intranet' }, 'PLUMBLINE_NOTIFY_NETWORKS'],
])('%j is refused by its name', (change, name) => {
  expect(() => parseConfig({ ...least, ...change })).toThrow(name);
});
