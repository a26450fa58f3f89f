import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { applyDerivation } from '@plumbline/model/clickhouse/derivation/apply.ts';
import { createDatabase, migrate } from '@plumbline/model/clickhouse/migrate.ts';
import { derivationCatalog, flow } from '../conformance/derivation/catalog.ts';
import { insert, openStore, select, span, type Store } from '../conformance/derivation/store.ts';

let store: Store;

beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

const rowsPerInsert = 50;

describe('a catalog that changes under load', () => {
  it('loses no row and doubles none, and each is of the flow of the one or the other catalog', async () => {
    const base = derivationCatalog();
    const catalogs = ['old-name', 'new-name'].map((name) => ({
      ...base,
      hash: name,
      flows: [flow(name, [{ 'messaging.destination.name': 'orders.wms' }])],
    }));
    await applyDerivation(store.clickHouse, catalogs[0] ?? base);
    let inserting = true;
    let inserts = 0;
    const load = async (): Promise<void> => {
      while (inserting) {
        const number = (inserts += 1);
        const rows = Array.from({ length: rowsPerInsert }, (_, index) =>
          span({
            SpanId: `${number}-${index}`,
            TraceId: `trace-${number}`,
            SpanAttributes: {
              'messaging.destination.name': 'orders.wms',
              'business.key': `order:${number}-${index}`,
            },
          }),
        );
        await insert(store.clickHouse, 'otel_traces', rows, `token-${number}`);
      }
    };
    const loads = Promise.all([load(), load(), load()]);
    // On a busy machine few inserts end between the changes: it goes on until rows of both catalogs are sure to be there.
    for (let change = 1; change <= 12 || (inserts < 20 && change <= 200); change += 1) {
      const applied = await applyDerivation(store.clickHouse, catalogs[change % 2] ?? base);
      expect(applied.changed).toEqual(['span_facts_from_traces']);
    }
    inserting = false;
    await loads;
    const [found] = await select<Record<string, number>>(
      store.clickHouse,
      `SELECT (SELECT count() FROM otel_traces) AS spans, (SELECT count() FROM messages) AS messages,
              (SELECT uniqExact(SpanId) FROM messages) AS distinctMessages,
              (SELECT sum(Total) FROM flow_minute WHERE Flow IN ('old-name', 'new-name')) AS counted,
              (SELECT count() FROM business_keys) AS keys, (SELECT uniqExact(Id) FROM key_search) AS ids,
              (SELECT uniqExact(Flow) FROM messages) AS flows`,
    );
    const rows = inserts * rowsPerInsert;
    expect(found).toEqual({
      spans: rows,
      messages: rows,
      distinctMessages: rows,
      counted: rows,
      keys: rows,
      ids: rows,
      flows: 2,
    });
  });
});

describe('starting', () => {
  it('may happen twice and in several processes at once', async () => {
    const url = new URL(store.url);
    url.pathname = '/second';
    await createDatabase(url.href);
    const starters = [1, 2, 3].map(() => createClickHouse({ url: url.href }));
    const start = async (clickHouse: (typeof starters)[number]): Promise<void> => {
      await migrate(clickHouse);
      await applyDerivation(clickHouse, derivationCatalog());
    };
    await Promise.all(starters.map(start));
    const [first] = starters;
    if (!first) throw new Error('No client was made');
    expect(await migrate(first)).toEqual([]);
    const again = await applyDerivation(first, derivationCatalog());
    expect([again.created, again.changed, again.dropped]).toEqual([[], [], []]);
    await insert(first, 'otel_traces', [span({ SpanAttributes: { 'integration.flow': 'f' } })], 'once');
    expect(await select(first, 'SELECT count() AS n FROM messages')).toEqual([{ n: 1 }]);
    await Promise.all(starters.map((clickHouse) => clickHouse.close()));
  });

  it('refuses a migration whose text was changed after it had been applied', async () => {
    await store.clickHouse.command({
      query: `INSERT INTO schema_migrations (Number, Name, Checksum) VALUES (1, 'forged', '')`,
    });
    await expect(migrate(store.clickHouse)).rejects.toThrow(/0001-otel-traces\.sql was changed/);
  });

  it('brings the retention of every table to the days that are asked', async () => {
    const url = new URL(store.url);
    url.pathname = '/second';
    const clickHouse = createClickHouse({ url: url.href });
    await migrate(clickHouse, { rawDays: 7, rollupDays: 90 });
    const tables = await select<{ name: string; engine: string }>(
      clickHouse,
      `SELECT name, engine_full AS engine FROM system.tables WHERE database = currentDatabase() AND engine_full LIKE '%TTL%' ORDER BY name`,
    );
    expect(tables.length).toBeGreaterThan(17);
    for (const table of tables) expect(table.engine, table.name).toMatch(/toIntervalDay\((7|90)\)/);
    await clickHouse.close();
  });
});
