import { execute, inTransaction, query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { principalOf } from '../access/principal.ts';
import type { Actor } from '../actor.ts';
import { recordAct } from '../audit/record.ts';
import type { Context } from '../context.ts';
import { describeError } from '../log.ts';
import { Problem } from '../problem.ts';
import { flowOfFilter, hashForApproval, needsApproval, type Plan, planReplay } from './ask.ts';
import { probePromises, systemsReached, warningsOf } from './blast-radius.ts';
import { createEditor } from './edit.ts';
import type { Evidence } from './evidence.ts';
import { chunkSize, freezeManifest, type Frozen, readBodies, readCandidates } from './freeze.ts';
import { findOvertaking } from './key-order.ts';
import type { NewReplay, ReplayPreview } from './schemas.ts';
import { selectLetters } from '../dead-letters/select-letters.ts';
import { findStale, staleFlow } from './staleness.ts';

const itemsMax = 1_000_000;
const examinedMax = 10_000;
const triedMax = 200;
const samplesMax = 10;
const examineMsMax = 600;
const consumersSinceMs = 86_400_000;

/** Freezes what a filter names now and works out what sending it would do. Nothing is sent. Answers the id. */
export async function previewReplay(
  context: Context,
  evidence: Evidence,
  actor: Actor,
  input: NewReplay,
  requestId: string,
): Promise<string> {
  const startedMs = performance.now();
  const personId = actor.kind === 'person' ? actor.id : null;
  const selected = { ...input.filter, flow: await flowOfFilter(context.postgres, input.filter) };
  const selection = selectLetters(selected, personId);
  const { catalog } = context.catalog.current();
  const plan = planReplay(catalog, selected.flow, input, actor);
  const promises = probePromises(context.transports, plan.connection, plan.destination);
  const consumers = findConsumers(context, evidence, plan);
  const id = context.randomId();
  await inTransaction(context.postgres, async (on) => {
    if (input.revision !== undefined) await refuseStale(on, input);
    await insertDraft(context, on, id, plan, actor, input);
    const frozen = await freezeManifest(on, {
      replayId: id,
      selection,
      withQuarantined: input.force?.quarantined ?? false,
      withSnoozed: input.filter.snoozed === true || input.filter.ids !== undefined,
      now: context.now(),
    });
    const hash = refuseUnusable(frozen);
    const found = {
      ...describeFrozen(frozen),
      systems: systemsReached(catalog, plan.flow),
      otherConsumers: await consumers,
      ...(await examine(context, evidence, on, id, plan)),
      outOfOrder: await findOutOfOrder(on, id, plan, frozen.items),
      edit: await tryEdit(context, on, id, plan, input),
      promises: await promises,
    };
    const warnings = warningsOf(found, plan.flow.target);
    const preview: ReplayPreview = { ...found, warnings, tookMs: Math.round(performance.now() - startedMs) };
    await execute(
      on,
      'UPDATE replays SET items = $2, manifest_hash = $3, approval_hash = $4, needs_approval = $5, preview = $6 WHERE id = $1',
      [
        id,
        frozen.items,
        hash,
        hashForApproval(plan, hash, input),
        needsApproval(plan, frozen.items, input),
        JSON.stringify(preview),
      ],
    );
    await recordAct(on, {
      at: context.now(),
      actor,
      action: 'replays.preview',
      target: `replay:${id}`,
      detail: {
        flow: plan.flow.name,
        items: frozen.items,
        manifest: hash.toString('hex'),
        reason: input.reason,
      },
      requestId,
    });
  });
  context.events.publish('replay.changed', { id });
  return id;
}

/** An edit is of what was looked at: a message that changed since must be looked at again. */
async function refuseStale(on: Executor, input: NewReplay): Promise<void> {
  const [letter] = await query(on, {
    name: 'replays.revision',
    sql: 'SELECT revision FROM dead_letters WHERE id = ANY ($1::uuid[]) FOR SHARE',
    params: [input.filter.ids ?? []],
    schema: z.object({ revision: z.int() }),
  });
  if (input.filter.ids?.length !== 1)
    throw new Problem('bad_request', 'revision: it is of one message; name that one in filter.ids.');
  if (letter?.revision !== input.revision)
    throw new Problem('conflict', 'The message changed since you looked at it: look again.');
}

async function insertDraft(
  context: Context,
  on: Executor,
  id: string,
  plan: Plan,
  actor: Actor,
  input: NewReplay,
): Promise<void> {
  await execute(
    on,
    `INSERT INTO replays (id, flow, state, reason, filter, items, manifest_hash, connection, destination, patch, per_second,
       stages, halt_ratio, serial, confirm_within_ms, max_generations, force, preview, approval_hash, needs_approval,
       requested_by, requested_name, requested_principal, requested_at, scheduled_for)
     VALUES ($1, $2, 'previewed', $3, $4, 0, '', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, '{}', '', true, $15, $16, $17, $18, $19)`,
    [
      id,
      plan.flow.name,
      input.reason,
      JSON.stringify(input.filter),
      plan.connection,
      plan.destination,
      input.patch ? JSON.stringify(input.patch) : null,
      plan.perSecond,
      plan.stages,
      plan.haltRatio,
      plan.serial,
      plan.confirmWithinMs,
      plan.flow.replay.maxGenerations,
      JSON.stringify(input.force ?? {}),
      actor.id,
      actor.name,
      await principalOf(on, actor),
      context.now(),
      input.scheduledFor ?? null,
    ],
  );
}

function refuseUnusable(frozen: Frozen): Buffer {
  if (frozen.items > itemsMax)
    throw new Problem('too_much', `A replay holds ${itemsMax} messages at most: narrow the filter.`);
  if (frozen.items > 0 && frozen.manifestHash) return frozen.manifestHash;
  const why = frozen.leftOut.map(({ reason, count }) => `${count} ${reason}`).join(', ');
  throw new Problem(
    'conflict',
    `Nothing can be replayed${why ? `: ${why}` : ': the filter finds no message'}.`,
  );
}

function describeFrozen(frozen: Frozen) {
  const { items, leftOut, causes, businessKeys, keySamples, values, oldestAt, newestAt, bytes } = frozen;
  const iso = (at: Date | null) => (at ?? new Date(0)).toISOString();
  return {
    items,
    leftOut,
    causes,
    businessKeys,
    keySamples,
    values,
    bytes,
    oldestAt: iso(oldestAt),
    newestAt: iso(newestAt),
  };
}

/** Telemetry that cannot be asked is said in the examined counts; it does not keep a preview from being made. */
async function examine(context: Context, evidence: Evidence, on: Executor, id: string, plan: Plan) {
  const candidates = await readCandidates(on, id, examinedMax);
  const overMs = performance.now() + examineMsMax;
  const deadline = { isOver: () => performance.now() > overMs };
  const stale = await findStale(
    on,
    evidence,
    staleFlow(plan.flow.name, plan.flow),
    candidates,
    deadline,
  ).catch((error: unknown) => {
    context.log.warn('a preview could not ask telemetry', describeError(error));
    return { delivered: new Map<string, string>(), superseded: new Map<string, string>(), examined: 0 };
  });
  const letters = new Map(candidates.map((letter) => [letter.id, letter]));
  return {
    superseded: {
      count: stale.superseded.size,
      examined: stale.examined,
      samples: [...stale.superseded].slice(0, samplesMax).map(([deadLetterId, by]) => ({
        deadLetterId,
        key: letters.get(deadLetterId)?.key ?? '',
        by,
      })),
    },
    duplicates: {
      count: stale.delivered.size,
      examined: stale.examined,
      samples: [...stale.delivered.keys()].slice(0, samplesMax).map((deadLetterId) => ({
        deadLetterId,
        messageId: letters.get(deadLetterId)?.messageId ?? '',
      })),
    },
  };
}

/** Only a serial flow promises an order that could be turned round. */
async function findOutOfOrder(on: Executor, id: string, plan: Plan, items: number) {
  if (!plan.serial) return { count: 0, examined: 0, samples: [] };
  const found = await findOvertaking(on, { id, flow: plan.flow.name }, chunkSize);
  return { count: found.length, examined: Math.min(items, chunkSize), samples: found.slice(0, samplesMax) };
}

async function tryEdit(
  context: Context,
  on: Executor,
  id: string,
  plan: Plan,
  input: NewReplay,
): Promise<ReplayPreview['edit']> {
  if (!input.patch) return null;
  const edit = createEditor(context.catalog.current().catalog, plan.flow, input.patch);
  const bodies = await readBodies(on, id, triedMax);
  const errors = bodies.flatMap(({ id: deadLetterId, body }) => {
    const edited = edit(body);
    return edited.ok ? [] : [{ deadLetterId, path: edited.path, message: edited.message }];
  });
  return {
    applied: bodies.length - errors.length,
    refused: errors.length,
    examined: bodies.length,
    errors: errors.slice(0, samplesMax),
  };
}

/** Others who would see the messages: named by the policy, or seen on the destination in the last day. */
async function findConsumers(context: Context, evidence: Evidence, plan: Plan): Promise<string[]> {
  const { catalog } = context.catalog.current();
  const target = catalog.systems.find(({ name }) => name === plan.flow.target);
  const own = new Set(target?.services ?? [plan.flow.target]);
  const since = new Date(context.now().getTime() - consumersSinceMs);
  const seen = await evidence.consumers(plan.destination, since).catch((error: unknown) => {
    context.log.warn('a preview could not ask who reads its destination', describeError(error));
    return [];
  });
  return [...new Set([...plan.flow.replay.consumers, ...seen.filter((service) => !own.has(service))])];
}
