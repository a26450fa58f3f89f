export interface StoreLayout {
  /** Name of the ClickHouse cluster; undefined on one server, where no engine is replicated. */
  readonly cluster?: string;
  /** Days that spans, logs, metrics and single messages are kept after they were taken in. */
  readonly rawDays: number;
  /** Days that rollups, business events, milestones and links are kept. */
  readonly rollupDays: number;
}

export const defaultLayout: StoreLayout = { rawDays: 30, rollupDays: 400 };

/**
 * A retried insert is recognised among this many blocks of each table. The server's own default forgets at once
 * without replication, and would then store the retry twice.
 */
const rememberedBlocks = 10_000;

/**
 * Rows between two marks: a quarter of the server's own default, because what people wait for are look-ups of a few
 * rows, which read whole granules. Tables that exist keep theirs.
 */
const granularity = 'index_granularity = 2048';

const clusterName = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Fills the placeholders of a migration: `{onCluster}`, `{engine:Family(arguments)}`, `{rawDays}`, `{rollupDays}` and
 * the settings of raw, rollup and plain tables. Any other placeholder is a mistake and throws.
 */
export function renderMigration(sql: string, layout: StoreLayout): string {
  const deduplication = layout.cluster
    ? `replicated_deduplication_window = ${rememberedBlocks}, replicated_deduplication_window_seconds = 604800`
    : `non_replicated_deduplication_window = ${rememberedBlocks}`;
  const texts: Record<string, string> = {
    onCluster: onCluster(layout),
    rawDays: days(layout.rawDays),
    rollupDays: days(layout.rollupDays),
    rawSettings: `${granularity}, ttl_only_drop_parts = 1, ${deduplication}`,
    rollupSettings: `${granularity}, ttl_only_drop_parts = 1, ${deduplication}`,
    plainSettings: deduplication,
  };
  return sql.replace(
    /\{([A-Za-z]+)(?::([^{}]+))?\}/g,
    (whole, name: string, argument: string | undefined) => {
      if (name === 'engine' && argument) return engine(argument, layout);
      const text = texts[name];
      if (text === undefined || argument !== undefined)
        throw new Error(`Migration holds the unknown placeholder ${whole}`);
      return text;
    },
  );
}

/** `ON CLUSTER …`, or nothing on one server. */
export function onCluster(layout: StoreLayout): string {
  if (!layout.cluster) return '';
  if (!clusterName.test(layout.cluster))
    throw new Error('CLICKHOUSE_CLUSTER may hold letters, digits, _ and - only');
  return `ON CLUSTER '${layout.cluster}'`;
}

/** Splits a migration into statements at semicolons that stand outside literals and comments. */
export function splitStatements(sql: string): string[] {
  const statements: string[] = [];
  let current = '';
  for (const [token] of sql.matchAll(/--[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|''|[^'\\])*'|;|[^;'\-/]+|[-/']/g)) {
    if (token === ';') {
      statements.push(current);
      current = '';
    } else if (!token.startsWith('--') && !token.startsWith('/*')) current += token;
  }
  return [...statements, current].map((each) => each.trim()).filter((each) => each !== '');
}

function engine(argument: string, layout: StoreLayout): string {
  const [, family = '', own = ''] = /^(\w+MergeTree|MergeTree)(?:\(([^()]*)\))?$/.exec(argument) ?? [];
  if (!family) throw new Error(`Migration asks for the unknown engine ${argument}`);
  if (!layout.cluster) return `${family}(${own})`;
  // The macros come from each server's configuration; {uuid} keeps a dropped table's path from being met again.
  const path = `'/clickhouse/tables/{uuid}/{shard}', '{replica}'`;
  return `Replicated${family}(${own ? `${path}, ${own}` : path})`;
}

function days(count: number): string {
  if (!Number.isInteger(count) || count < 1)
    throw new Error('Retention is a whole number of days, at least 1');
  return `${count}`;
}
