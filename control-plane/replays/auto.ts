import type { AutoReplay, Flow } from '@plumbline/model/catalog/schema.ts';
import { durationMs } from '@plumbline/model/catalog/schema.ts';
import { query } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { plumbline } from '../actor.ts';
import type { Context } from '../context.ts';
import { describeError } from '../log.ts';
import { decide } from './decide.ts';
import type { Evidence } from './evidence.ts';
import { previewReplay } from './preview.ts';
import { findReplay } from './queries.ts';

const periodMs = 5000;
const hourMs = 3_600_000;

/** Replays letters of transient causes by the rules of the catalog, while this process lives. Answers how to stop. */
export function startAutoReplay(context: Context, evidence: Evidence): () => Promise<void> {
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    running ??= autoReplay(context, evidence)
      .catch((error: unknown) =>
        context.log.warn('rules for replays could not be kept', describeError(error)),
      )
      .finally(() => (running = undefined));
  }, periodMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}

/** One round over every rule of every flow. A replay of a rule is as small as one that needs no approval. */
export async function autoReplay(context: Context, evidence: Evidence): Promise<void> {
  for (const flow of context.catalog.current().catalog.flows) {
    for (const [index, rule] of flow.replay.auto.entries())
      await keepRule(context, evidence, flow, rule, index);
  }
}

async function keepRule(
  context: Context,
  evidence: Evidence,
  flow: Flow,
  rule: AutoReplay,
  index: number,
): Promise<void> {
  const now = context.now();
  const reason = `Rule ${index + 1} of ${flow.name}: ${rule.causes.join(', ')}`.slice(0, 500);
  const left =
    rule.maxPerHour - (await sentByRule(context, flow.name, reason, new Date(now.getTime() - hourMs)));
  // Never so many that a person would need a second one: a rule is nobody's way around approval.
  const limit = Math.min(left, flow.replay.approvalAbove, 1000);
  if (limit < 1 || (await isBusy(context, flow.name, reason))) return;
  const ids = await findTransient(context, flow.name, rule, limit);
  if (ids.length === 0) return;
  const id = await previewReplay(
    context,
    evidence,
    plumbline,
    { filter: { ids, state: ['open'] }, reason },
    'auto-replay',
  );
  const replay = await findReplay(context.postgres, id);
  if (!replay || replay.needsApproval) return;
  await decide(context, plumbline, id, 'start', { revision: replay.revision }, 'auto-replay');
}

/** Open letters whose cause begins as the rule says, that waited long enough and were not replayed too often. */
async function findTransient(
  context: Context,
  flow: string,
  rule: AutoReplay,
  limit: number,
): Promise<string[]> {
  const rows = await query(context.postgres, {
    name: 'replays.transient',
    sql: `
      SELECT id FROM dead_letters d
      WHERE flow = $1 AND state = 'open' AND archived_at IS NULL AND generation < $2
        AND (snoozed_until IS NULL OR snoozed_until <= $3)
        AND greatest(failed_at, coalesce((SELECT max(a.at) FROM dead_letter_attempts a WHERE a.dead_letter_id = d.id), failed_at),
          coalesce((SELECT max(i.settled_at) FROM replay_items i WHERE i.dead_letter_id = d.id), failed_at)) <= $4
        AND EXISTS (SELECT 1 FROM unnest($5::text[]) AS c (cause) WHERE starts_with(lower(d.cause), lower(c.cause)))
      ORDER BY seq LIMIT $6`,
    params: [
      flow,
      rule.maxGenerations,
      context.now(),
      new Date(context.now().getTime() - durationMs(rule.after)),
      rule.causes,
      limit,
    ],
    schema: z.object({ id: z.string() }),
  });
  return rows.map(({ id }) => id);
}

async function sentByRule(context: Context, flow: string, reason: string, since: Date): Promise<number> {
  const [row] = await query(context.postgres, {
    name: 'replays.sent_by_rule',
    sql: `SELECT coalesce(sum(items), 0)::integer AS items FROM replays
          WHERE flow = $1 AND requested_by = $2 AND reason = $3 AND requested_at > $4 AND state <> 'previewed'`,
    params: [flow, plumbline.id, reason, since],
    schema: z.object({ items: z.int() }),
  });
  return row?.items ?? 0;
}

/** A rule whose last replay is still under way, or halted, waits: a person may have to look first. */
async function isBusy(context: Context, flow: string, reason: string): Promise<boolean> {
  const rows = await query(context.postgres, {
    name: 'replays.rule_busy',
    sql: `SELECT id FROM replays WHERE flow = $1 AND requested_by = $2 AND reason = $3
          AND state IN ('running', 'paused', 'halted', 'scheduled') LIMIT 1`,
    params: [flow, plumbline.id, reason],
    schema: z.object({ id: z.string() }),
  });
  return rows.length > 0;
}
