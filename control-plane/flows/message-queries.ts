import { query, type ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import type { TimeRange } from '../range.ts';
import { Message } from './schemas.ts';

/** Columns of a `Message`, under its own names. */
export const messageColumns = `
  Flow AS flow, Time AS at, Operation AS operation, MessageId AS messageId, Attempt AS attempt, Outcome AS outcome,
  DurationNs / 1e6 AS durationMs, DelayNs / 1e6 AS delayMs, ErrorType AS errorType, ErrorMessage AS errorMessage,
  Cause AS cause, TraceId AS traceId, SpanId AS spanId, Service AS service, Destination AS destination, Keys AS keys`;

export interface MessageFilter {
  readonly flow: string;
  readonly range: TimeRange;
  readonly operation: string;
  /** Empty: any. */
  readonly outcomes: readonly string[];
  readonly cause: string;
  /** A business key, an id, a message id or a trace id. */
  readonly search: string;
  /** The last row of the page before. */
  readonly after: MessagePosition | undefined;
  readonly limit: number;
}

export interface MessagePosition {
  readonly at: string;
  readonly spanId: string;
  readonly messageId: string;
  /** Rows already shown that share all of the above: a batch whose messages have no ids. */
  readonly seen: number;
}

/** Messages of one flow, newest first. */
export async function readMessages(clickHouse: ClickHouse, filter: MessageFilter): Promise<Message[]> {
  const after = filter.after ?? { at: filter.range.to.toISOString(), spanId: '', messageId: '', seen: 0 };
  const rows = await query(clickHouse, {
    name: 'flows.messages',
    sql: `
      SELECT ${messageColumns}
      FROM messages
      WHERE Flow = {flow:String} AND Time >= {from:DateTime64(3)} AND Time <= parseDateTime64BestEffort({at:String}, 6, 'UTC')
        AND ({paged:UInt8} = 0 OR (Time, SpanId, MessageId) <= (parseDateTime64BestEffort({at:String}, 6, 'UTC'), {spanId:String}, {messageId:String}))
        AND ({operation:String} = '' OR Operation = {operation:String})
        AND (empty({outcomes:Array(String)}) OR Outcome IN {outcomes:Array(String)})
        AND ({cause:String} = '' OR Cause = {cause:String})
        AND ({search:String} = '' OR MessageId = {search:String} OR TraceId = {search:String}
             OR arrayExists(k -> k = {search:String} OR endsWith(lowerUTF8(k), concat(':', lowerUTF8({search:String}))), Keys))
      ORDER BY Time DESC, SpanId DESC, MessageId DESC, Keys DESC
      LIMIT {limit:UInt32}`,
    params: {
      flow: filter.flow,
      from: filter.range.from,
      at: after.at,
      spanId: after.spanId,
      messageId: after.messageId,
      paged: filter.after ? 1 : 0,
      operation: filter.operation,
      outcomes: [...filter.outcomes],
      cause: filter.cause,
      search: filter.search,
      limit: filter.limit + after.seen,
    },
    schema: Message,
  });
  return rows.slice(after.seen);
}

/** Where the page after these rows begins, given where they began themselves. */
export function positionAfter(
  rows: readonly Message[],
  before: MessagePosition | undefined,
): MessagePosition | undefined {
  const last = rows.at(-1);
  if (!last) return undefined;
  const { at, spanId, messageId } = last;
  const isSame = (row: { at: string; spanId: string; messageId: string } | undefined) =>
    row !== undefined && row.at === at && row.spanId === spanId && row.messageId === messageId;
  const seen = rows.filter(isSame).length + (before && isSame(before) ? before.seen : 0);
  return { at, spanId, messageId, seen };
}
