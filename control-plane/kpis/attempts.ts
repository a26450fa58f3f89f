import { quoteAll } from '@plumbline/model/clickhouse/derivation/sql-text.ts';
import { scanSql } from './row-sql.ts';

const columns = ['Flow', 'Time', 'Outcome', 'DurationNs', 'ErrorType', 'TraceId', 'SpanId', 'Keys'];

/**
 * SQL of the attempts of some flows, each once: what targets tell of them, and the sends that nobody answered. A gateway
 * that gives up makes a send look unanswered although its target tells of the very request: within the time of that send,
 * in its trace. A target that knows no message id gets it from the send of its trace; else the trace stands for it.
 * Columns: those of `messages`, and Message.
 */
export function attemptsSql(flows: readonly string[], lookBackMs: number): string {
  const scanned = `Flow IN (${quoteAll(flows)}) AND ${scanSql('Time', lookBackMs)}`;
  return `(
        SELECT ${columns.map((name) => `m.${name} AS ${name}`).join(', ')}, multiIf(m.MessageId != '', m.MessageId, sent.id != '', sent.id, m.TraceId) AS Message
        FROM (
          SELECT Operation, MessageId, ${columns.join(', ')}
          FROM messages WHERE ${scanned} AND (Operation = 'process' OR Unreached = 1)
        ) AS m
        LEFT ANY JOIN (
          SELECT Flow, TraceId, groupArray(Time) AS times
          FROM messages
          WHERE ${scanned} AND Operation = 'process'
            AND (Flow, TraceId) IN (SELECT Flow, TraceId FROM messages WHERE ${scanned} AND Unreached = 1)
          GROUP BY Flow, TraceId
        ) AS told ON m.Flow = told.Flow AND m.TraceId = told.TraceId
        LEFT ANY JOIN (
          SELECT Flow, TraceId, max(MessageId) AS id
          FROM messages
          WHERE ${scanned} AND Operation = 'send' AND MessageId != ''
            AND Flow IN (SELECT Flow FROM messages WHERE ${scanned} AND Operation = 'process' AND MessageId = '')
          GROUP BY Flow, TraceId
        ) AS sent ON m.Flow = sent.Flow AND m.TraceId = sent.TraceId
        WHERE m.Operation = 'process'
          OR NOT arrayExists(at -> at >= m.Time AND at <= addNanoseconds(toDateTime64(m.Time, 9), m.DurationNs), told.times)
      )`;
}
