import { mkdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { startEngines } from '../../deploy/local/engines.ts';
import { createClickHouse, type ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { applyDerivation } from '@plumbline/model/clickhouse/derivation/apply.ts';
import { createDatabase, migrate } from '@plumbline/model/clickhouse/migrate.ts';
import { generatedCatalog, hops, spansPerTrace } from './generated-business.ts';
import { logsSql, spansSql } from './generated-spans.ts';

/** Spans of one insert: the views behind see blocks of the size that the collector sends. */
const spansPerInsert = 100_000;

const daySeconds = 86_400;

export interface Load {
  readonly spans: number;
  readonly days: number;
  /** End of the generated time; the last order's last hop happens about then. */
  readonly endMs: number;
  readonly progress?: (sentence: string) => void;
}

/**
 * Fills a migrated and derived database with spans and logs of the generated business, spread evenly over the days.
 * The engine makes the rows itself, so loading measures what inserting and deriving cost and nothing else.
 */
export async function loadSpans(clickHouse: ClickHouse, load: Load): Promise<{ elapsedMs: number }> {
  const traces = Math.ceil(load.spans / spansPerTrace);
  const orders = Math.ceil(traces / hops.length);
  const lastHopMs = 3 * 3_600_000;
  const spanMs = load.days * daySeconds * 1000 - lastHopMs;
  const fromNs = BigInt(load.endMs - load.days * daySeconds * 1000) * 1_000_000n;
  const orderSpacingNs = BigInt(Math.floor((spanMs * 1_000_000) / orders));
  const startedMs = performance.now();
  const tracesPerInsert = spansPerInsert / spansPerTrace;
  for (let first = 0; first < traces; first += tracesPerInsert) {
    const count = Math.min(tracesPerInsert, traces - first);
    const times = { fromNs, orderSpacingNs };
    await insert(clickHouse, spansSql, {
      first: first * spansPerTrace,
      count: count * spansPerTrace,
      ...times,
    });
    await insert(clickHouse, logsSql, { first, count, ...times });
    const done = (first + count) * spansPerTrace;
    const rate = Math.round(done / ((performance.now() - startedMs) / 1000));
    load.progress?.(
      `${done.toLocaleString('en')} of ${load.spans.toLocaleString('en')} spans, ${rate.toLocaleString('en')}/s`,
    );
  }
  return { elapsedMs: performance.now() - startedMs };
}

async function insert(
  clickHouse: ClickHouse,
  sql: string,
  params: Record<string, number | bigint>,
): Promise<void> {
  await clickHouse.command({
    query: sql,
    query_params: params,
    clickhouse_settings: {
      async_insert: 0,
      max_insert_threads: '1',
      max_block_size: String(spansPerInsert),
      min_insert_block_size_rows: String(spansPerInsert),
      min_insert_block_size_bytes: '1000000000',
      deduplicate_blocks_in_dependent_materialized_views: 1,
    },
  });
}

/** Waits until the engine has merged what it wants to merge, so that queries are measured as they are in service. */
export async function settle(clickHouse: ClickHouse, waitMsMax: number): Promise<void> {
  const untilMs = performance.now() + waitMsMax;
  while (performance.now() < untilMs) {
    const result = await clickHouse.query({
      query: 'SELECT count() AS merges FROM system.merges',
      format: 'JSONEachRow',
    });
    const [row] = await result.json<{ merges: number | string }>();
    if (Number(row?.merges ?? 0) === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      spans: { type: 'string', default: '10000000' },
      days: { type: 'string', default: '7' },
      url: { type: 'string' },
      'data-dir': { type: 'string', default: '.plumbline/bench' },
    },
  });
  const say = (sentence: string): void => void process.stderr.write(`${sentence}\n`);
  await mkdir(values['data-dir'], { recursive: true });
  const engines = values.url
    ? undefined
    : await startEngines({ dataDir: values['data-dir'], postgresPort: false });
  const url = values.url ?? engines?.clickhouseUrl ?? '';
  const clickHouse = createClickHouse({ url, requestTimeoutMs: 300_000 });
  try {
    await createDatabase(url);
    await migrate(clickHouse);
    await applyDerivation(clickHouse, generatedCatalog());
    const spans = Number(values.spans);
    const { elapsedMs } = await loadSpans(clickHouse, {
      spans,
      days: Number(values.days),
      endMs: Date.now(),
      progress: say,
    });
    say(`loaded in ${Math.round(elapsedMs / 1000)} s; waiting for merges`);
    await settle(clickHouse, 120_000);
  } finally {
    await clickHouse.close();
    await engines?.stop();
  }
}

if (import.meta.main) await main();
