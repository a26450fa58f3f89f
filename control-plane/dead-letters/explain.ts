import { query as ask } from '@plumbline/model/clickhouse/client.ts';
import { execute, query } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { causeOf } from './cause.ts';
import { hideQuotes } from './quotes.ts';
import { readSecrets } from './read-secrets.ts';

/** Telemetry of a failure arrives within this time of its letter, or never. */
const unexplainedMs = 10 * 60_000;
const hourMs = 3_600_000;
const askedMax = 500;

const LetterRow = z.object({
  id: z.string(),
  seq: z.string(),
  messageId: z.string(),
  failedAt: z.date(),
});
type LetterRow = z.output<typeof LetterRow>;

/** Letters whose message says nothing of its failure: their consumer may have told telemetry. Newest first, until `isOver`. */
export async function explain(context: Context, flow: string, isOver: () => boolean): Promise<void> {
  const since = new Date(context.now().getTime() - unexplainedMs);
  let before: string | null = null;
  do {
    const letters: LetterRow[] = await query(context.postgres, {
      name: 'dead_letters.unexplained',
      sql: `SELECT id, seq::text AS seq, message_id AS "messageId", failed_at AS "failedAt" FROM dead_letters
            WHERE flow = $1 AND cause = 'unknown' AND arrived_at >= $2 AND ($3::bigint IS NULL OR seq < $3)
            ORDER BY dead_letters.seq DESC LIMIT ${askedMax}`,
      params: [flow, since, before],
      schema: LetterRow,
    });
    if (letters.length === 0) return;
    await writeReasons(context, flow, letters, await findReasons(context, flow, letters));
    before = letters.length < askedMax ? null : (letters.at(-1)?.seq ?? null);
  } while (before !== null && !isOver());
}

const ReasonRow = z.object({
  messageId: z.string(),
  errorType: z.string(),
  errorMessage: z.string(),
  traceId: z.string(),
  spanId: z.string(),
});
type ReasonRow = z.output<typeof ReasonRow>;

function findReasons(context: Context, flow: string, letters: readonly LetterRow[]): Promise<ReasonRow[]> {
  const from = new Date(Math.min(...letters.map(({ failedAt }) => failedAt.getTime())) - hourMs);
  return ask(context.clickHouse, {
    name: 'dead_letters.reasons',
    sql: `
      SELECT MessageId AS messageId, ErrorType AS errorType, substringUTF8(ErrorMessage, 1, 4000) AS errorMessage, TraceId AS traceId, SpanId AS spanId
      FROM messages
      WHERE Flow = {flow:String} AND Time >= {from:DateTime64(3)} AND Outcome IN ('failed', 'retried', 'dead_lettered')
        AND MessageId IN {ids:Array(String)} AND (ErrorType != '' OR ErrorMessage != '')
      ORDER BY Time DESC
      LIMIT 1 BY MessageId
      LIMIT ${askedMax}`,
    params: { flow, from, ids: letters.map(({ messageId }) => messageId) },
    schema: ReasonRow,
  });
}

async function writeReasons(
  context: Context,
  flow: string,
  letters: readonly LetterRow[],
  reasons: readonly ReasonRow[],
): Promise<void> {
  if (reasons.length === 0) return;
  const told = new Map(reasons.map((reason) => [reason.messageId, reason]));
  const explained = letters.flatMap(({ id, messageId }) => {
    const reason = told.get(messageId);
    return reason ? [{ ...reason, id }] : [];
  });
  const secrets = await readSecrets(
    context.postgres,
    context.catalog.current().catalog,
    flow,
    explained.map(({ id }) => id),
  );
  const shown = explained.map((one) => {
    const hide = (text: string) => hideQuotes(text, secrets.get(one.id) ?? []);
    return { ...one, errorType: hide(one.errorType), errorMessage: hide(one.errorMessage) };
  });
  await execute(
    context.postgres,
    `UPDATE dead_letters d SET cause = t.cause, error_type = t.type, error_message = t.message, revision = d.revision + 1,
       trace_id = CASE WHEN d.trace_id = '' THEN t.trace_id ELSE d.trace_id END,
       span_id = CASE WHEN d.span_id = '' THEN t.span_id ELSE d.span_id END
     FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) AS t (id, cause, type, message, trace_id, span_id)
     WHERE d.flow = $1 AND d.id = t.id AND d.cause = 'unknown'`,
    [
      flow,
      shown.map(({ id }) => id),
      shown.map(({ errorType, errorMessage }) =>
        causeOf({ type: errorType, message: errorMessage, stack: '' }),
      ),
      shown.map(({ errorType }) => errorType),
      shown.map(({ errorMessage }) => errorMessage),
      shown.map(({ traceId }) => traceId),
      shown.map(({ spanId }) => spanId),
    ],
  );
}
