import type { Flow } from '@plumbline/model/catalog/schema.ts';
import { execute, inTransaction, query } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { plumbline } from '../actor.ts';
import { recordAct } from '../audit/record.ts';
import type { Context } from '../context.ts';
import { describeError } from '../log.ts';
import { createEvidence, type Evidence } from '../replays/evidence.ts';
import { findStale, staleFlow, type Staleness } from '../replays/staleness.ts';
import { explain } from './explain.ts';
import { forget } from './forget.ts';

const everyMs = 15_000;
const passMsMax = 5000;
/** Letters of one flow that one turn looks at: the newest, for most successes come soon, and then on from its mark. */
const newestMax = 500;
const olderMax = 1000;
const flowsMax = 5000;

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

/**
 * One pass: explains what came without a reason, resolves what was processed after all, and forgets what is long settled.
 * Flows take turns, the one that waited longest first; a flow's turns go on where its last one ended, until every letter was looked at.
 */
export async function followOnce(context: Context, evidence: Evidence): Promise<void> {
  const startedAt = context.now().getTime();
  const isOver = () => context.now().getTime() - startedAt > passMsMax;
  const flows = new Map(context.catalog.current().catalog.flows.map((flow) => [flow.name, flow]));
  let turns = (await watches(context)).flatMap(({ flow: name, before }) => {
    const flow = flows.get(name);
    return flow ? [{ flow, before, isFirst: true }] : [];
  });
  while (turns.length > 0 && !isOver()) {
    const next: typeof turns = [];
    for (const { flow, before, isFirst } of turns) {
      if (isOver()) break;
      if (isFirst) {
        await explain(context, flow.name, isOver);
        await resolveDelivered(context, evidence, flow, isOver, { before: null, limit: newestMax });
      }
      const mark = await resolveDelivered(context, evidence, flow, isOver, { before, limit: olderMax });
      await moveMark(context, flow.name, mark);
      if (mark !== null) next.push({ flow, before: mark, isFirst: false });
    }
    turns = next;
  }
  await forget(context, isOver);
}

const WatchRow = z.object({ flow: z.string(), before: z.string().nullable() });

/** Flows in which letters wait, the one that was looked at longest ago first, with the mark of its last look. */
function watches({ postgres }: Context) {
  return query(postgres, {
    name: 'dead_letters.watches',
    sql: `
      SELECT f.flow, w.before_seq::text AS before
      FROM (SELECT DISTINCT flow FROM dead_letters WHERE state IN ('open', 'acknowledged')) f
      LEFT JOIN dead_letter_watches w ON w.flow = f.flow
      ORDER BY w.looked_at NULLS FIRST, f.flow
      LIMIT ${flowsMax}`,
    params: [],
    schema: WatchRow,
  });
}

async function moveMark({ postgres, now }: Context, flow: string, before: string | null): Promise<void> {
  await execute(
    postgres,
    `INSERT INTO dead_letter_watches (flow, before_seq, looked_at) VALUES ($1, $2, $3)
     ON CONFLICT (flow) DO UPDATE SET before_seq = $2, looked_at = $3`,
    [flow, before, now()],
  );
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
 * @returns before which letter to go on; null: there are no older ones
 */
async function resolveDelivered(
  context: Context,
  evidence: Evidence,
  flow: Flow,
  isOver: () => boolean,
  from: { readonly before: string | null; readonly limit: number },
): Promise<string | null> {
  const letters = await query(context.postgres, {
    name: 'dead_letters.candidates',
    sql: `SELECT id, seq::text AS seq, message_id AS "messageId", keys[1] AS key, version::text AS version, failed_at AS "failedAt", revision
          FROM dead_letters WHERE flow = $1 AND state IN ('open', 'acknowledged') AND ($2::bigint IS NULL OR seq < $2)
          ORDER BY dead_letters.seq DESC LIMIT $3`,
    params: [flow.name, from.before, from.limit],
    schema: CandidateRow,
  });
  const stale = await findStale(context.postgres, evidence, staleFlow(flow.name, flow), letters, { isOver });
  // What died again, or was changed by a person, since it was read is judged by the next pass.
  const seen = new Map(letters.map(({ id, revision }) => [id, revision]));
  await resolve(context, flow.name, whysOf(stale), seen);
  if (stale.examined === letters.length && letters.length < from.limit) return null;
  return letters[stale.examined - 1]?.seq ?? from.before;
}

/** In one sentence for each letter why it is done; its own success says more than another's. */
function whysOf({ superseded, delivered }: Staleness): Map<string, string> {
  return new Map([
    ...[...superseded].map(
      ([id, by]) => [id, `A newer message with the same key succeeded: ${by}.`] as const,
    ),
    ...[...delivered].map(
      ([id, trace]) => [id, `Its consumer processed it after all: trace ${trace}.`] as const,
    ),
  ]);
}

async function resolve(
  context: Context,
  flow: string,
  whys: ReadonlyMap<string, string>,
  seen: ReadonlyMap<string, number>,
): Promise<void> {
  if (whys.size === 0) return;
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
      target: `flow:${flow}`,
      detail: { resolved },
      requestId: 'follow',
    });
  });
  context.events.publish('dead-letters.changed', { flow });
}
