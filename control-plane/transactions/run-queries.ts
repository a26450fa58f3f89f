import { query, type ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import type { Process } from '@plumbline/model/catalog/schema.ts';
import { z } from 'zod';
import type { TimeRange } from '../range.ts';
import { lookBackMs, runsSql } from './runs-sql.ts';
import { TransactionState } from './schemas.ts';

/** What reaches a milestone later than this after a range is not looked for when its runs are listed or counted. */
const horizonMs = 30 * 86_400_000;
/** A page is looked for in windows from the newest on, each this many times as wide as the one before. */
const windowGrowth = 16;
const firstWindowMsMin = 15 * 60_000;
const windowsMax = 8;

const RunRow = z.object({
  process: z.string(),
  key: z.string(),
  at: z.array(z.string().nullable()),
  startedAt: z.string(),
  lastAt: z.string(),
  state: TransactionState,
  amount: z.string().nullable(),
  currency: z.string(),
});
export type RunRow = z.output<typeof RunRow>;

export interface RunFilter {
  readonly range: TimeRange;
  readonly now: Date;
  /** Empty: any state. */
  readonly states: readonly string[];
  /** Least value, as a decimal; null: any. */
  readonly valueMin: string | null;
  readonly after: readonly [startedAt: string, key: string] | undefined;
  readonly limit: number;
}

/** Runs of several processes that began in a range, newest first. Reads no further back than the page needs. */
export async function readRuns(
  clickHouse: ClickHouse,
  processes: readonly Process[],
  filter: RunFilter,
): Promise<RunRow[]> {
  if (processes.length === 0) return [];
  const rows: RunRow[] = [];
  const startMs = filter.range.from.getTime();
  let endMs = filter.after ? new Date(filter.after[0]).getTime() + 1 : filter.range.to.getTime();
  let widthMs = Math.max((endMs - startMs) / 64, firstWindowMsMin);
  for (let window = 1; window <= windowsMax && endMs > startMs && rows.length < filter.limit; window += 1) {
    const fromMs = window === windowsMax ? startMs : Math.max(startMs, endMs - widthMs);
    const range = { from: new Date(fromMs), to: new Date(endMs) };
    const limit = filter.limit - rows.length;
    rows.push(...(await readWindow(clickHouse, processes, { ...filter, range, limit })));
    endMs = fromMs;
    widthMs *= windowGrowth;
  }
  return rows;
}

function readWindow(clickHouse: ClickHouse, processes: readonly Process[], filter: RunFilter) {
  const [at, key] = filter.after ?? ['', ''];
  const scan = scanOf(processes, filter.range, filter.now);
  const scanMs = Math.min(scan.scanTo.getTime(), filter.now.getTime()) - scan.scanFrom.getTime();
  const rangeMs = filter.range.to.getTime() - filter.range.from.getTime();
  // Looking up the keys of the window pays only while they are few among those scanned.
  const which = rangeMs * 4 < scanMs ? 'page' : 'begun';
  return query(clickHouse, {
    name: 'transactions.list',
    sql: `
      SELECT process, key, at, startedAt, lastAt, state, toString(amount) AS amount, currency
      FROM (${processes.map((process) => runsSql(process, which)).join(' UNION ALL ')}) AS runs
      WHERE (empty({states:Array(String)}) OR state IN {states:Array(String)})
        AND ({valueMin:String} = '' OR ifNull(runs.amount >= toDecimal128OrZero({valueMin:String}, 6), false))
        AND ({after:String} = '' OR (startedAt, key) < (parseDateTime64BestEffortOrZero({after:String}, 6, 'UTC'), {key:String}))
      ORDER BY startedAt DESC, key DESC, process
      LIMIT {limit:UInt16}`,
    params: {
      ...scan,
      states: [...filter.states],
      valueMin: filter.valueMin ?? '',
      after: at,
      key,
      limit: filter.limit,
    },
    schema: RunRow,
  });
}

/** The runs that any of these keys lead, whenever they began, newest first. */
export function readRunsOf(
  clickHouse: ClickHouse,
  processes: readonly Process[],
  keys: readonly string[],
  now: Date,
): Promise<RunRow[]> {
  if (processes.length === 0 || keys.length === 0) return Promise.resolve([]);
  return query(clickHouse, {
    name: 'transactions.of_keys',
    sql: `
      SELECT process, key, at, startedAt, lastAt, state, toString(amount) AS amount, currency
      FROM (${processes.map((process) => runsSql(process, 'keys')).join(' UNION ALL ')})
      ORDER BY startedAt DESC, key DESC, process
      LIMIT 500`,
    params: { keys: [...keys], now },
    schema: RunRow,
  });
}

const StateCount = z.object({
  process: z.string(),
  state: TransactionState,
  currency: z.string(),
  count: z.number(),
  amount: z.string(),
});
export type StateCount = z.output<typeof StateCount>;

/** Runs that began in a range, counted by process, state and currency. */
export function countRuns(
  clickHouse: ClickHouse,
  processes: readonly Process[],
  range: TimeRange,
  now: Date,
): Promise<StateCount[]> {
  if (processes.length === 0) return Promise.resolve([]);
  return query(clickHouse, {
    name: 'transactions.count',
    sql: `
      SELECT process, state, currency, count() AS count, toString(sum(ifNull(amount, 0))) AS amount
      FROM (${processes.map((process) => runsSql(process, 'begun')).join(' UNION ALL ')})
      GROUP BY process, state, currency
      ORDER BY process, state, currency
      LIMIT 2000`,
    params: scanOf(processes, range, now),
    schema: StateCount,
  });
}

/** Parameters of a scan for the runs that began in a range: from their possible beginning to what they reached since. */
function scanOf(processes: readonly Process[], range: TimeRange, now: Date) {
  return {
    ...range,
    now,
    scanFrom: new Date(range.from.getTime() - lookBackMs(processes)),
    scanTo: new Date(range.to.getTime() + horizonMs),
  };
}
