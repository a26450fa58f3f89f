import { createHash } from 'node:crypto';
import { canonicalJson } from '@plumbline/model/catalog/compile-catalog.ts';
import { type Catalog, durationMs, type Flow } from '@plumbline/model/catalog/schema.ts';
import { query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { type Actor, reaches } from '../actor.ts';
import { rulesOf } from '../dead-letters/letter.ts';
import { dots, type MaskRules } from '../dead-letters/mask.ts';
import { Problem } from '../problem.ts';
import { hiddenIn, protectedBy } from './edit.ts';
import type { NewReplay } from './schemas.ts';

/** What a replay will be, after policy has had its say. */
export interface Plan {
  readonly flow: Flow;
  readonly connection: string;
  readonly destination: string;
  readonly isRedirect: boolean;
  readonly perSecond: number;
  readonly stages: readonly number[];
  readonly haltRatio: number;
  readonly serial: boolean;
  readonly confirmWithinMs: number;
}

/** Holds a request against role and policy of its flow. @throws Problem with a sentence that says what to change */
export function planReplay(catalog: Catalog, flowName: string, input: NewReplay, actor: Actor): Plan {
  const flow = catalog.flows.find(({ name }) => name === flowName);
  if (!flow) throw new Problem('not_found', `The catalog has no flow "${flowName}" any more.`);
  if (input.force && !reaches(actor.role, 'engineer'))
    throw new Problem('forbidden', 'To force a replay needs the role engineer.');
  const connection = flow.transport.connection;
  if (connection === undefined)
    throw new Problem(
      'conflict',
      `The flow ${flow.name} names no connection: add transport.connection to it in the catalog.`,
    );
  const usual = flow.replay.destination ?? flow.transport.destination;
  const destination = input.destination ?? usual;
  if (destination !== usual && !flow.replay.redirects.includes(destination))
    throw new Problem(
      'bad_request',
      `The policy of ${flow.name} does not allow "${destination}"; add it to replay.redirects in the catalog.`,
    );
  refuseBeyondPolicy(flow, input);
  refuseHidden(rulesOf(catalog, flow), input.patch);
  return {
    flow,
    connection,
    destination,
    isRedirect: destination !== usual,
    perSecond: input.perSecond ?? flow.replay.perSecond,
    stages: input.stages ?? flow.replay.stages,
    haltRatio: input.haltRatio ?? flow.replay.haltRatio,
    serial: flow.replay.serial,
    confirmWithinMs: durationMs(flow.replay.confirmWithin),
  };
}

/** A request may be more careful than the policy, never less. */
function refuseBeyondPolicy(flow: Flow, input: NewReplay): void {
  const { perSecond, haltRatio } = flow.replay;
  if ((input.perSecond ?? 0) > perSecond)
    throw new Problem('bad_request', `perSecond: the policy of ${flow.name} allows ${perSecond} at most.`);
  if ((input.haltRatio ?? 0) > haltRatio)
    throw new Problem('bad_request', `haltRatio: the policy of ${flow.name} allows ${haltRatio} at most.`);
  refuseDots(input.patch);
  const fields = input.patch ? protectedBy(flow, input.patch) : [];
  if (fields.length > 0)
    throw new Problem('bad_request', `patch: ${fields.join(', ')} must not be edited in ${flow.name}.`, {
      errors: fields.map((path) => ({ path, message: 'protected by replay.protectedFields' })),
    });
}

function refuseHidden(rules: MaskRules, patch: NewReplay['patch']): void {
  const fields = [...new Set(patch ? hiddenIn(rules, patch) : [])];
  if (fields.length > 0)
    throw new Problem(
      'bad_request',
      `patch: ${fields.join(', ').slice(0, 500)} is hidden by the catalog, and a patch is shown to everybody: correct it in the source and let it send anew.`,
      { errors: fields.slice(0, 50).map((path) => ({ path, message: 'hidden by masked' })) },
    );
}

/** What hides a field from whoever looks must never be written into it. */
function refuseDots(patch: NewReplay['patch']): void {
  const errors = (patch ?? []).flatMap((operation) =>
    'value' in operation && JSON.stringify(operation.value).includes(dots)
      ? [{ path: operation.path, message: `holds ${dots}, which stands for a hidden field` }]
      : [],
  );
  if (errors.length > 0)
    throw new Problem(
      'bad_request',
      'patch: it holds the dots of hidden fields; change only the fields that you see.',
      { errors },
    );
}

/** The one flow that a filter is about. @throws Problem when it is about none, or several */
export async function flowOfFilter(on: Executor, filter: NewReplay['filter']): Promise<string> {
  if (filter.flow !== undefined) return filter.flow;
  if (!filter.ids?.length)
    throw new Problem('bad_request', 'filter: name one flow, or the ids of messages of one flow.');
  const flows = await query(on, {
    name: 'replays.flow_of_ids',
    sql: 'SELECT DISTINCT flow FROM dead_letters WHERE id = ANY ($1::uuid[]) LIMIT 2',
    params: [filter.ids],
    schema: z.object({ flow: z.string() }),
  });
  const [first, second] = flows;
  if (!first) throw new Problem('not_found', 'There are no such dead letters any more.');
  if (second)
    throw new Problem(
      'bad_request',
      'filter: these messages are of several flows; replay one flow at a time.',
    );
  return first.flow;
}

/** More than one pair of eyes is needed: many messages, anything forced, and many edited or redirected. Pure. */
export function needsApproval(plan: Plan, items: number, input: NewReplay): boolean {
  return (
    items > plan.flow.replay.approvalAbove ||
    input.force !== undefined ||
    (items > 1 && (plan.isRedirect || input.patch !== undefined))
  );
}

/** What an approval is of. Any change of manifest, target, edit, pace or time gives another hash. Pure. */
export function hashForApproval(plan: Plan, manifestHash: Buffer, input: NewReplay): Buffer {
  const { flow, connection, destination, perSecond, stages, haltRatio, serial } = plan;
  const bound = {
    flow: flow.name,
    manifest: manifestHash.toString('hex'),
    connection,
    destination,
    perSecond,
    stages,
    haltRatio,
    serial,
    patch: input.patch ?? null,
    force: input.force ?? null,
    // As it is kept, so that the hash can be made again from what is kept.
    scheduledFor: input.scheduledFor === undefined ? null : new Date(input.scheduledFor).toISOString(),
  };
  return createHash('sha256').update(canonicalJson(bound)).digest();
}
