import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createClickHouse, query, StoreError, type NamedQuery } from '@plumbline/model/clickhouse/client.ts';
import { openStore, type Store } from './store.ts';

let store: Store;

beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

const one = z.object({ n: z.number() });

async function codeOf(
  named: Partial<NamedQuery<typeof one>> & { sql: string },
  url = store.url,
): Promise<string> {
  const clickHouse = createClickHouse({ url });
  try {
    await query(clickHouse, { name: 'test.query', params: {}, schema: one, ...named });
    return 'answered';
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    expect(error.message).toContain('test.query');
    return error.code;
  } finally {
    await clickHouse.close();
  }
}

describe('query', () => {
  it('answers instants in ISO 8601, decimals as text and counts as numbers', async () => {
    const rows = await query(store.clickHouse, {
      name: 'test.types',
      sql: `SELECT toDateTime64('2026-11-01 10:00:00.123456', 6) AS at, 12.50::Decimal(10, 2) AS amount, {n:UInt64} AS n`,
      params: { n: 7 },
      schema: z.object({ at: z.iso.datetime(), amount: z.string(), n: z.int() }),
    });
    expect(rows).toEqual([{ at: '2026-11-01T10:00:00.123456Z', amount: '12.5', n: 7 }]);
  });

  it.each<[string, Partial<NamedQuery<typeof one>> & { sql: string }]>([
    ['answered', { sql: 'SELECT 1 AS n' }],
    ['bad_parameters', { sql: 'SELECT {n:UInt8} AS n', params: { n: 'many' } }],
    ['bad_rows', { sql: `SELECT 'one' AS n` }],
    ['refused', { sql: 'SELECT n FROM no_such_table' }],
    ['refused', { sql: 'CREATE TABLE made_by_a_query (n UInt8) ENGINE = Memory' }],
    ['too_many_rows', { sql: 'SELECT number AS n FROM numbers(100)', rowsMax: 10 }],
    [
      'timeout',
      {
        sql: 'SELECT count() AS n FROM numbers(1000000000000) WHERE sipHash64(number) = 1',
        timeoutMsMax: 1000,
      },
    ],
    [
      'out_of_memory',
      { sql: 'SELECT uniqExact(number) AS n FROM numbers(20000000)', memoryBytesMax: 20_000_000 },
    ],
  ])('tells %s apart', async (code, named) => {
    expect(await codeOf(named)).toBe(code);
  });

  it('says that nobody answers', async () => {
    expect(await codeOf({ sql: 'SELECT 1 AS n' }, 'http://127.0.0.1:9/plumbline')).toBe('unreachable');
  });

  it('does not blame the question where an engine takes it and never answers', async () => {
    const frozen = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(frozen, 'listening');
    const { port } = frozen.address() as AddressInfo;
    const named = { sql: 'SELECT 1 AS n', timeoutMsMax: 100 };
    expect(await codeOf(named, `http://127.0.0.1:${port}/plumbline`)).toBe('unreachable');
    frozen.closeAllConnections();
    frozen.close();
  });
});
