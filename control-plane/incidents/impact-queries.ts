import type { Process } from '@plumbline/model/catalog/schema.ts';
import { query, type ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { query as queryPostgres, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import type { TimeRange } from '../range.ts';
import { runsSql } from '../transactions/runs-sql.ts';

const causesMax = 50;
const firstMax = 5;
const topMax = 10;
const groupsMax = 100;

const failed = `Operation IN ('send', 'process') AND Outcome IN ('failed', 'dead_lettered')`;
const concerned = `Flow IN {flows:Array(String)} AND Time >= {from:DateTime64(3)} AND Time <= {to:DateTime64(3)} AND ${failed}`;

interface Concerned {
  readonly flows: readonly string[];
  readonly range: TimeRange;
}

const paramsOf = ({ flows, range }: Concerned) => ({ flows: [...flows], from: range.from, to: range.to });

const FailureRow = z.object({
  flow: z.string(),
  messages: z.int(),
  firstAt: z.string(),
  cause: z.string(),
});

/** Messages that failed for good, each counted once, by flow and cause. */
export function readFailures(clickHouse: ClickHouse, asked: Concerned) {
  return query(clickHouse, {
    name: 'incidents.failures',
    sql: `
      SELECT Flow AS flow, Cause AS cause, toInt32(uniqExact(if(MessageId = '', SpanId, MessageId))) AS messages, min(Time) AS firstAt
      FROM messages WHERE ${concerned}
      GROUP BY flow, cause ORDER BY messages DESC, flow, cause LIMIT ${causesMax}`,
    params: paramsOf(asked),
    schema: FailureRow,
  });
}

const FirstRow = z.object({
  flow: z.string(),
  messageId: z.string(),
  at: z.string(),
  traceId: z.string(),
  error: z.string(),
});

/** The first messages that failed, oldest first. */
export function readFirstMessages(clickHouse: ClickHouse, asked: Concerned) {
  return query(clickHouse, {
    name: 'incidents.first_messages',
    sql: `
      SELECT Flow AS flow, MessageId AS messageId, Time AS at, TraceId AS traceId, substringUTF8(ErrorMessage, 1, 300) AS error
      FROM messages WHERE ${concerned}
      ORDER BY Time, SpanId LIMIT 1 BY flow, if(MessageId = '', SpanId, MessageId) LIMIT ${firstMax}`,
    params: paramsOf(asked),
    schema: FirstRow,
  });
}

/** Business keys of these entities in the messages that failed, at most `limit`. */
export async function readFailedKeys(
  clickHouse: ClickHouse,
  asked: Concerned,
  entities: readonly string[],
  limit: number,
): Promise<string[]> {
  const rows = await query(clickHouse, {
    name: 'incidents.failed_keys',
    sql: `
      SELECT DISTINCT arrayJoin(arrayFilter(k -> splitByChar(':', k)[1] IN {entities:Array(String)}, Keys)) AS key
      FROM messages WHERE ${concerned}
      ORDER BY key LIMIT {limit:UInt32}`,
    params: { ...paramsOf(asked), entities: [...entities], limit },
    schema: z.object({ key: z.string() }),
  });
  return rows.map(({ key }) => key);
}

const CountRow = z.object({ isOpen: z.boolean(), currency: z.string(), runs: z.int(), amount: z.string() });
const TopRow = z.object({
  key: z.string(),
  process: z.string(),
  state: z.string(),
  startedAt: z.string(),
  amount: z.string().nullable(),
  currency: z.string(),
});

const runsOf = (processes: readonly Process[]) =>
  processes.map((process) => runsSql(process, 'keys')).join(' UNION ALL ');
const isOpen = "CAST(NOT startsWith(state, 'completed'), 'Bool')";

/** The runs that these keys lead, counted and summed by whether they are open and by currency. */
export function countLed(
  clickHouse: ClickHouse,
  processes: readonly Process[],
  keys: readonly string[],
  now: Date,
) {
  return query(clickHouse, {
    name: 'incidents.count_transactions',
    sql: `
      SELECT ${isOpen} AS isOpen, currency, toInt32(count()) AS runs, toString(sum(ifNull(led.amount, 0))) AS amount
      FROM (${runsOf(processes)}) AS led
      GROUP BY isOpen, currency ORDER BY isOpen, currency LIMIT 200`,
    params: { keys: [...keys], now },
    schema: CountRow,
  });
}

/** Of the runs that these keys lead, the open ones of the highest value. */
export function readTopLed(
  clickHouse: ClickHouse,
  processes: readonly Process[],
  keys: readonly string[],
  now: Date,
) {
  return query(clickHouse, {
    name: 'incidents.top_transactions',
    sql: `
      SELECT process, key, state, startedAt, toString(led.amount) AS amount, currency
      FROM (${runsOf(processes)}) AS led
      WHERE ${isOpen}
      ORDER BY led.amount DESC NULLS LAST, key, process LIMIT ${topMax}`,
    params: { keys: [...keys], now },
    schema: TopRow,
  });
}

const GroupRow = z.object({
  flow: z.string(),
  cause: z.string(),
  waiting: z.int(),
  settled: z.int(),
});

/** Dead letters of the flows that failed in the range, by cause. */
export function readLetterGroups(on: Executor, { flows, range }: Concerned) {
  return queryPostgres(on, {
    name: 'incidents.letter_groups',
    sql: `
      SELECT flow, cause,
             (count(*) FILTER (WHERE state IN ('open', 'acknowledged', 'quarantined', 'replaying')))::integer AS waiting,
             (count(*) FILTER (WHERE state IN ('resolved', 'ignored')))::integer AS settled
      FROM dead_letters
      WHERE flow = ANY ($1::text[]) AND failed_at BETWEEN $2 AND $3
      GROUP BY flow, cause ORDER BY waiting DESC, flow, cause LIMIT ${groupsMax}`,
    params: [flows, range.from, range.to],
    schema: GroupRow,
  });
}

const ReplayRow = z.object({
  id: z.string(),
  flow: z.string(),
  state: z.string(),
  items: z.int(),
  createdAt: z.date().transform((at) => at.toISOString()),
});

/** Replays of the flows that were asked for since the trouble began, the newest first. */
export function readReplays(on: Executor, flows: readonly string[], since: Date) {
  return queryPostgres(on, {
    name: 'incidents.replays',
    sql: `
      SELECT id, flow, state, items, requested_at AS "createdAt" FROM replays
      WHERE flow = ANY ($1::text[]) AND requested_at >= $2
      ORDER BY seq DESC LIMIT ${groupsMax}`,
    params: [flows, since],
    schema: ReplayRow,
  });
}
