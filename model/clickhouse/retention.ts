import { z } from 'zod';
import { explain, query, type ClickHouse } from './client.ts';
import { onCluster, type StoreLayout } from './dialect.ts';

/** Tables whose age is bounded, with the expression that says when a row was taken in. */
const retained = {
  rawDays: {
    'toDateTime(IngestTime)': [
      'otel_traces',
      'otel_logs',
      'otel_metrics_gauge',
      'otel_metrics_sum',
      'otel_metrics_histogram',
      'otel_metrics_exponential_histogram',
      'otel_metrics_summary',
      'messages',
      'business_keys',
      'span_links',
      'probe_runs',
    ],
    'IngestWeek + toIntervalDay(7)': ['trace_index'],
  },
  rollupDays: {
    'toDateTime(IngestTime)': ['business_events', 'record_history'],
    'IngestMonth + toIntervalMonth(1)': [
      'flow_minute',
      'flow_hour',
      'cause_hour',
      'key_search',
      'business_key_links',
      'milestones',
      'milestone_times',
      'service_seen',
    ],
  },
} as const;

/** Brings each table's TTL to the days that the layout asks. Whole parts are dropped when their last row is too old. */
export async function applyRetention(clickHouse: ClickHouse, layout: StoreLayout): Promise<void> {
  const rows = await query(clickHouse, {
    name: 'retention.tables',
    sql: 'SELECT name, engine_full AS engine FROM system.tables WHERE database = currentDatabase() LIMIT 1000',
    params: {},
    schema: z.object({ name: z.string(), engine: z.string() }),
  });
  const engines = new Map(rows.map((row) => [row.name, row.engine]));
  for (const kind of ['rawDays', 'rollupDays'] as const) {
    for (const [takenIn, tables] of Object.entries<readonly string[]>(retained[kind])) {
      const ttl = `${takenIn} + toIntervalDay(${layout[kind]})`;
      for (const table of tables.filter((name) => !(engines.get(name) ?? ttl).includes(`TTL ${ttl} `))) {
        await modifyTtl(clickHouse, table, ttl, layout);
      }
    }
  }
}

async function modifyTtl(
  clickHouse: ClickHouse,
  table: string,
  ttl: string,
  layout: StoreLayout,
): Promise<void> {
  try {
    await clickHouse.command({
      query: `ALTER TABLE ${table} ${onCluster(layout)} MODIFY TTL ${ttl}`,
      // The new age holds for parts as they are merged or dropped: rewriting the old ones at once could take hours.
      clickhouse_settings: { materialize_ttl_after_modify: 0, log_comment: 'retention.modify' },
    });
  } catch (error) {
    throw explain('retention.modify', error);
  }
}
