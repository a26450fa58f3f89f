import { setTimeout as sleep } from 'node:timers/promises';
import { AuditList } from '@plumbline/control-plane/audit/schemas.ts';
import { DeadLetterGroups, DeadLetterList } from '@plumbline/control-plane/dead-letters/schemas.ts';
import { ReplayDetail, ReplayItems, ReplayList } from '@plumbline/control-plane/replays/schemas.ts';
import type { z } from 'zod';
import { breakSomething, until } from '../distributor/stand/control-client.ts';
import type { Person } from '../platform/person.ts';
import type { Product } from './replay-product.ts';
import type { Queues } from './replay-queues.ts';

export type Replay = z.output<typeof ReplayDetail>;
export type Item = z.output<typeof ReplayItems>['items'][number];

/** Places on the way at which something may be killed. */
export const points = ['intake', 'preview', 'approval', 'canary', 'ramp', 'confirmation'] as const;
export type Point = (typeof points)[number];

export interface WayOptions {
  readonly product: Product;
  readonly queues: Queues;
  /** Asks for the replay, and looks after it. */
  readonly operator: Person;
  /** Approves it; an engineer, who may read the audit log. */
  readonly second: Person;
  readonly flow: string;
  readonly letters: number;
  /** How long the consumer refuses everything, in minutes. */
  readonly outageMinutes: number;
  /** Told when the way has come to a point; whatever it does then, it does beside. */
  readonly at?: (point: Point) => void;
}

/** What was seen on the way. */
export interface Way {
  readonly messageIds: readonly string[];
  readonly groups: readonly { readonly cause: string; readonly count: number }[];
  readonly replays: readonly Replay[];
  /** Items of every replay at its end, before anybody gave a verdict on those of unknown outcome. */
  readonly items: readonly Item[];
  readonly polls: number;
  /** Polls at which the counts did not add up to the manifest. */
  readonly unbalanced: readonly string[];
  readonly halts: number;
  /** Never sent, or so it turned out: left unknown by Plumbline, and settled by a person who looked. */
  readonly settledByPerson: readonly string[];
}

const stepMsMax = 90_000;
const replaysMax = 6;
const unsettled = 'open,acknowledged,replaying,quarantined';
const wordMsMax = 60_000;

/** Lets orders die, and brings them through as people would: group, preview, approval, watching, resuming, looking. */
export async function walk(options: WayOptions): Promise<Way> {
  const { product, flow, letters, operator, at } = options;
  const fault = { kind: 'outage', flow, minutes: options.outageMinutes, burst: letters };
  const { messageIds, until: overAt } = await breakSomething(product.distributorUrl, fault);
  at?.('intake');
  await until(`${letters} letters are taken in`, async () => (await count(options, 'open')) === letters);
  const { items: groups } = await operator.get(`/dead-letters/groups?flow=${flow}`, DeadLetterGroups);
  await sleep(Math.max(0, Number(overAt) - Date.now()) + 500);

  const seen = { polls: 0, halts: 0, unbalanced: [] as string[] };
  const replays: Replay[] = [];
  const items: Item[] = [];
  const settledByPerson: string[] = [];
  for (let nth = 1; (await count(options, unsettled)) > 0; nth += 1) {
    if (nth > replaysMax) throw new Error(`After ${replaysMax} replays some letters are still not settled.`);
    const id = await begin(options, nth);
    replays.push(await watch(options, id, seen));
    items.push(...(await itemsOf(operator, id)));
    settledByPerson.push(...(await lookAfterUnknown(options, id)));
  }
  return { messageIds, groups, replays, items, settledByPerson, ...seen };
}

async function count({ operator, flow }: WayOptions, state: string): Promise<number> {
  const { total } = await operator.get(`/dead-letters?flow=${flow}&state=${state}&limit=1`, DeadLetterList);
  return total ?? Number.POSITIVE_INFINITY;
}

/** Previews, asks for approval where it is needed, and starts. Answers the id. */
async function begin(options: WayOptions, nth: number): Promise<string> {
  const { operator, second, at } = options;
  const { id } = await preview(options, `outage over, replay ${nth}`);
  const first = await readReplay(operator, id);
  if (!first.needsApproval) {
    await decide(operator, id, 'start', 'previewed');
    return id;
  }
  await decide(operator, id, 'submit', 'previewed');
  at?.('approval');
  await decide(second, id, 'approve', 'awaiting_approval');
  return id;
}

/** Asks until a preview is there. An answer that was lost may have left one: that one is as good. */
async function preview({ operator, flow, at }: WayOptions, reason: string): Promise<{ id: string }> {
  for (const endMs = Date.now() + stepMsMax; Date.now() < endMs; await sleep(100)) {
    const asked = operator.post('/replays', { filter: { flow }, reason });
    at?.('preview');
    const answer = await asked;
    if (answer?.status === 201) return ReplayDetail.parse(answer.body);
    if (answer && answer.status < 500) throw new Error(`no preview: ${JSON.stringify(answer.body)}`);
    const { items } = await operator.get(`/replays?flow=${flow}&state=previewed`, ReplayList);
    const made = items.find((one) => one.reason === reason);
    if (made) return made;
  }
  throw new Error('A preview could not be made.');
}

/** Decides once. Where no answer comes, the state says whether it was heard. */
async function decide(person: Person, id: string, action: string, from: Replay['state']): Promise<void> {
  for (const endMs = Date.now() + stepMsMax; Date.now() < endMs; await sleep(50)) {
    const { state, revision, approvalHash } = await readReplay(person, id);
    if (state !== from) return;
    const answer = await person.post(`/replays/${id}/${action}`, {
      revision,
      ...(action === 'approve' ? { approvalHash } : {}),
      ...(action === 'resume' ? { reason: 'looked at what failed' } : {}),
    });
    if (answer?.status === 200) return;
    if (answer && answer.status < 500 && answer.status !== 409)
      throw new Error(`${action}: ${JSON.stringify(answer.body)}`);
  }
  throw new Error(`"${action}" was not answered.`);
}

/** Looks at a replay all the time until it has finished, and resumes what halted. */
async function watch(
  options: WayOptions,
  id: string,
  seen: { polls: number; halts: number; unbalanced: string[] },
): Promise<Replay> {
  const { operator, at } = options;
  for (const endMs = Date.now() + stepMsMax; ; await sleep(50)) {
    const replay = await readReplay(operator, id);
    seen.polls += 1;
    const { items, confirmed, refailed, skipped, unknown, cancelled, pending } = replay.counts;
    if (confirmed + refailed + skipped + unknown + cancelled + pending !== items)
      seen.unbalanced.push(JSON.stringify(replay.counts));
    const point = pointOf(replay);
    if (point) at?.(point);
    if (replay.state === 'finished') return replay;
    if (replay.state === 'halted') {
      seen.halts += 1;
      await decide(operator, id, 'resume', 'halted');
    }
    if (Date.now() > endMs)
      throw new Error(`The replay is still ${replay.state} ${JSON.stringify(replay.counts)}`);
  }
}

function pointOf({ state, stages, counts }: Replay): Point | undefined {
  if (state !== 'running') return undefined;
  if (stages[0]?.state === 'running') return 'canary';
  if (stages[1]?.state === 'running') return 'ramp';
  return counts.pending > 0 && counts.pending === counts.awaitingConfirmation ? 'confirmation' : undefined;
}

export async function itemsOf(person: Person, id: string, state?: string): Promise<Item[]> {
  const page = await person.get(
    `/replays/${id}/items?limit=500${state ? `&state=${state}` : ''}`,
    ReplayItems,
  );
  return page.items;
}

/**
 * What telemetry tells of, it must settle by itself. The rest is left to a person, who looks at the consumer and at the
 * queue: what is in neither was never sent. Answers the message ids of the rest.
 */
async function lookAfterUnknown(options: WayOptions, id: string): Promise<string[]> {
  const { operator } = options;
  const left = await neverArrived(options, id);
  for (const { position } of left) {
    const verdict = { verdict: 'not_delivered', reason: 'neither at the consumer nor in the queue' };
    await until('the verdict is heard', async () => {
      const answer = await operator.post(`/replays/${id}/items/${position}/verdict`, verdict);
      return answer?.status === 200 || answer?.status === 409;
    });
  }
  return left.map(({ messageId }) => messageId);
}

async function neverArrived({ operator, product, queues }: WayOptions, id: string): Promise<Item[]> {
  for (const endMs = Date.now() + wordMsMax; ; await sleep(200)) {
    const left = await itemsOf(operator, id, 'unknown');
    const told = await effectsOf(
      product.distributorUrl,
      left.map(({ messageId }) => messageId),
    );
    const { live } = await queues.waiting();
    if (live === 0 && [...told.values()].every((effects) => effects === 0)) return left;
    if (Date.now() > endMs)
      throw new Error(`Telemetry never told of ${JSON.stringify([...told])}; ${live} are in the queue.`);
  }
}

/** Effects of each message at its consumer. */
export async function effectsOf(url: string, messageIds: readonly string[]): Promise<Map<string, number>> {
  if (messageIds.length === 0) return new Map();
  const response = await fetch(`${url}/effects`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messageIds }),
  });
  const { items } = (await response.json()) as { items: { messageId: string; effects: number }[] };
  return new Map(items.map(({ messageId, effects }) => [messageId, effects]));
}

/** What the audit log says of a replay, oldest first: who did what. */
export async function auditOf(person: Person, id: string): Promise<string[]> {
  const { items } = await person.get(`/audit?target=replay:${id}&limit=100`, AuditList);
  return items.map(({ action, actorName }) => `${actorName}: ${action}`).toReversed();
}

function readReplay(person: Person, id: string): Promise<Replay> {
  return person.get(`/replays/${id}`, ReplayDetail);
}
