import type { Flow } from '@plumbline/model/catalog/schema.ts';
import { execute, inTransaction, query } from '@plumbline/model/postgres/pool.ts';
import { query as ask } from '@plumbline/model/clickhouse/client.ts';
import { z } from 'zod';
import { plumbline } from '../actor.ts';
import { recordAct } from '../audit/record.ts';
import type { Context } from '../context.ts';
import { describeError } from '../log.ts';
import { createEvidence, type Evidence } from '../replays/evidence.ts';
import { findStale, staleFlow } from '../replays/staleness.ts';
import { causeOf } from './cause.ts';

const everyMs = 15_000;
const passMsMax = 5000;
/** Letters of one flow that one pass looks at. */
const lettersMax = 1000;
/** Telemetry of a failure arrives within this time of its letter, or never. */
const unexplainedMs = 10 * 60_000;
const keptDays = 90;
const deletedMax = 1000;

/** Holds what waits against telemetry, again and again, and answers how to stop. */
export function startFollowing(context: Context): () => Promise<void> {
  const evidence = createEvidence(context.clickHouse);
  let pass: Promise<void> | undefined;
  const timer = setInterval(() => {
    pass ??= followOnce(context, evidence)
      .catch((error: unknown) =>
        context.log.warn('dead letters could not be held against telemetry', describeError(error)),
      )
      .finally(() => {
        pass = undefined;
      });
  }, everyMs);
  return async () => {
    clearInterval(timer);
    await pass;
  };
}

/** One pass: explains what came without a reason, resolves what was processed after all, and forgets what is long settled. */
export async function followOnce(context: Context, evidence: Evidence): Promise<void> {
  const startedAt = context.now().getTime();
  const isOver = () => context.now().getTime() - startedAt > passMsMax;
  const waiting = await flowsThatWait(context);
  for (const flow of context.catalog.current().catalog.flows) {
    if (isOver()) break;
    if (!waiting.has(flow.name)) continue;
    await explain(context, flow);
    await resolveDelivered(context, evidence, flow, isOver);
  }
  await forget(context);
}

async function flowsThatWait({ postgres }: Context): Promise<Set<string>> {
  const rows = await query(postgres, {
    name: 'dead_letters.flows',
    sql: `SELECT DISTINCT flow FROM dead_letters WHERE state IN ('open', 'acknowledged') LIMIT 5000`,
    params: [],
    schema: z.object({ flow: z.string() }),
  });
  return new Set(rows.map(({ flow }) => flow));
}

const ReasonRow = z.object({
  messageId: z.string(),
  errorType: z.string(),
  errorMessage: z.string(),
  traceId: z.string(),
  spanId: z.string(),
});

/** Letters whose message says nothing of its failure: their consumer may have told telemetry. */
async function explain(context: Context, flow: Flow): Promise<void> {
  const since = new Date(context.now().getTime() - unexplainedMs);
  const letters = await query(context.postgres, {
    name: 'dead_letters.unexplained',
    sql: `SELECT id, message_id AS "messageId", failed_at AS "failedAt" FROM dead_letters
          WHERE flow = $1 AND cause = 'unknown' AND arrived_at >= $2 ORDER BY seq DESC LIMIT 500`,
    params: [flow.name, since],
    schema: z.object({ id: z.string(), messageId: z.string(), failedAt: z.date() }),
  });
  if (letters.length === 0) return;
  const from = new Date(Math.min(...letters.map(({ failedAt }) => failedAt.getTime())) - 3_600_000);
  const reasons = await ask(context.clickHouse, {
    name: 'dead_letters.reasons',
    sql: `
      SELECT MessageId AS messageId, ErrorType AS errorType, substringUTF8(ErrorMessage, 1, 4000) AS errorMessage, TraceId AS traceId, SpanId AS spanId
      FROM messages
      WHERE Flow = {flow:String} AND Time >= {from:DateTime64(3)} AND Outcome IN ('failed', 'retried', 'dead_lettered')
        AND MessageId IN {ids:Array(String)} AND (ErrorType != '' OR ErrorMessage != '')
      ORDER BY Time DESC
      LIMIT 1 BY MessageId
      LIMIT 500`,
    params: { flow: flow.name, from, ids: letters.map(({ messageId }) => messageId) },
    schema: ReasonRow,
  });
  for (const reason of reasons) {
    const cause = causeOf({ type: reason.errorType, message: reason.errorMessage, stack: '' });
    await execute(
      context.postgres,
      `UPDATE dead_letters SET cause = $3, error_type = $4, error_message = $5, revision = revision + 1,
         trace_id = CASE WHEN trace_id = '' THEN $6 ELSE trace_id END, span_id = CASE WHEN span_id = '' THEN $7 ELSE span_id END
       WHERE flow = $1 AND message_id = $2 AND cause = 'unknown'`,
      [
        flow.name,
        reason.messageId,
        cause,
        reason.errorType,
        reason.errorMessage,
        reason.traceId,
        reason.spanId,
      ],
    );
  }
}

const CandidateRow = z.object({
  id: z.string(),
  seq: z.string(),
  messageId: z.string(),
  key: z.string().nullable(),
  version: z.string().nullable(),
  failedAt: z.date(),
  revision: z.int(),
});

/**
 * Resolves letters whose message succeeded after all and, where the flow's messages carry the state of a key (they have a
 * version), those that a newer state overtook. A flow of changes without versions keeps every letter.
 */
async function resolveDelivered(
  context: Context,
  evidence: Evidence,
  flow: Flow,
  isOver: () => boolean,
): Promise<void> {
  const letters = await query(context.postgres, {
    name: 'dead_letters.candidates',
    sql: `SELECT id, seq::text AS seq, message_id AS "messageId", keys[1] AS key, version::text AS version, failed_at AS "failedAt", revision
          FROM dead_letters WHERE flow = $1 AND state IN ('open', 'acknowledged')
          ORDER BY seq DESC LIMIT ${lettersMax}`,
    params: [flow.name],
    schema: CandidateRow,
  });
  const stale = await findStale(context.postgres, evidence, staleFlow(flow.name, flow), letters, { isOver });
  const whys = new Map([
    ...[...stale.superseded].map(
      ([id, by]) => [id, `A newer message with the same key succeeded: ${by}.`] as const,
    ),
    ...[...stale.delivered].map(
      ([id, trace]) => [id, `Its consumer processed it after all: trace ${trace}.`] as const,
    ),
  ]);
  if (whys.size === 0) return;
  // What died again, or was changed by a person, since it was read is judged by the next pass.
  const seen = new Map(letters.map(({ id, revision }) => [id, revision]));
  const now = context.now();
  await inTransaction(context.postgres, async (on) => {
    const resolved = await execute(
      on,
      `UPDATE dead_letters d SET state = 'resolved', settled_at = $3, settled_why = t.why, revision = d.revision + 1
       FROM unnest($1::uuid[], $2::text[], $4::int[]) AS t (id, why, revision)
       WHERE d.id = t.id AND d.revision = t.revision AND d.state IN ('open', 'acknowledged')`,
      [[...whys.keys()], [...whys.values()], now, [...whys.keys()].map((id) => seen.get(id))],
    );
    await recordAct(on, {
      at: now,
      actor: plumbline,
      action: 'dead_letters.auto_resolve',
      target: `flow:${flow.name}`,
      detail: { resolved },
      requestId: 'follow',
    });
  });
  context.events.publish('dead-letters.changed', { flow: flow.name });
}

/** Deletes what was settled long ago; never what a replay holds or still counts. */
async function forget(context: Context): Promise<void> {
  const before = new Date(context.now().getTime() - keptDays * 86_400_000);
  await execute(
    context.postgres,
    `DELETE FROM dead_letters WHERE id IN (
       SELECT d.id FROM dead_letters d
       WHERE d.state IN ('resolved', 'ignored') AND d.settled_at < $1
         AND NOT EXISTS (SELECT 1 FROM replay_items i JOIN replays r ON r.id = i.replay_id
           WHERE i.dead_letter_id = d.id AND r.state NOT IN ('finished', 'cancelled', 'rejected'))
       LIMIT ${deletedMax})`,
    [before],
  );
}
