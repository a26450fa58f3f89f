import { setTimeout as sleep } from 'node:timers/promises';
import { storeArrivals } from '@plumbline/control-plane/dead-letters/store.ts';
import type { ReplayDetail } from '@plumbline/control-plane/replays/schemas.ts';
import fc from 'fast-check';
import { checkAll, count, type Mover } from './invariants.ts';
import { mayDecide, whatIsFrozen, type Who } from './rules.ts';
import { actOf, placeOf } from './snapshot.ts';
import type { Mood, World } from './world.ts';

type Model = Record<string, never>;
export type Command = fc.AsyncCommand<Model, World>;

/** The n-th of a list, round and round; undefined when there is none. */
const nth = <Item>(items: readonly Item[], n: number): Item | undefined =>
  items[n % Math.max(1, items.length)];
const index = fc.nat({ max: 11 });
const who = fc.constantFrom<Who>('ada', 'adasToken', 'bob', 'carl');

/** A command with data that fast-check can print, and the check of everything behind it. */
function command<Data>(
  name: string,
  data: fc.Arbitrary<Data>,
  mover: Mover,
  run: (world: World, data: Data) => Promise<unknown>,
): fc.Arbitrary<Command> {
  return data.map((input) => ({
    check: () => true,
    async run(_model, world) {
      await run(world, input);
      const after = await world.snapshot();
      checkAll(world, after, mover);
      world.before = after;
    },
    toString: () => `${name}(${JSON.stringify(input)})`,
  }));
}

interface Ask {
  readonly by: Who;
  readonly ids: readonly number[] | null;
  readonly edited: boolean;
  readonly redirected: boolean;
  readonly isLater: boolean;
  readonly isStaged: boolean;
  readonly force: { readonly superseded: boolean; readonly quarantined: boolean } | null;
}
const rarely = fc.nat({ max: 5 }).map((n) => n === 0);
const ask: fc.Arbitrary<Ask> = fc.record({
  by: who,
  ids: fc.option(fc.uniqueArray(fc.nat({ max: 6 }), { minLength: 1, maxLength: 3 }), { freq: 1 }),
  edited: rarely,
  redirected: rarely,
  isLater: rarely,
  isStaged: rarely,
  force: fc.option(fc.record({ superseded: fc.boolean(), quarantined: fc.boolean() }), { freq: 6 }),
});

/** Asks for a preview and holds what is frozen against what should be. Answers the id when there is one. */
async function freeze(
  world: World,
  { by, ids, edited, redirected, isLater, isStaged, force }: Ask,
): Promise<string | undefined> {
  const letters = [...world.before.letters.values()];
  const named = ids?.flatMap((n) => letters[n]?.id ?? []);
  const later = new Date(world.stand.clock.now.getTime() + 60_000).toISOString();
  const json = {
    filter: named ? { ids: named } : { flow: 'orders' },
    reason: 'the ERP is back',
    ...(edited ? { patch: [{ op: 'replace', path: '/quantity', value: 2 }] } : {}),
    ...(redirected ? { destination: 'erp.orders.retry' } : {}),
    ...(isLater ? { scheduledFor: later } : {}),
    ...(isStaged ? {} : { stages: [] }),
    ...(force ? { force: { ...force, reason: 'it was mended' } } : {}),
  };
  const wanted = whatIsFrozen(letters, named, force?.quarantined ?? false);
  const answer = await world.stand.ask('POST', '/replays', { ...world.people[by], json });
  const status = force && by === 'carl' ? 403 : wanted.length === 0 ? 409 : 201;
  if (answer.status !== status)
    throw new Error(`a preview answered ${answer.status}, not ${status}: ${JSON.stringify(answer.body)}`);
  if (status !== 201) return undefined;
  const { id } = answer.body as ReplayDetail;
  count(world.acts, actOf(`replay:${id}`, 'replays.preview'));
  const made = (await world.snapshot()).replays.get(id);
  if (made?.manifest.join() !== wanted.map((letter) => `${letter.id} ${letter.hash}`).join())
    throw new Error(`frozen was ${made?.manifest.join()}`);
  return id;
}

const preview = command('preview', ask, 'person', freeze);

/** One allowed decision after the other until it runs, or waits for its time. */
async function letGo(world: World, id: string, tried: Who): Promise<void> {
  const act = async (action: string, by: Who) => {
    const now = (await world.snapshot()).replays.get(id);
    const json = {
      revision: now?.revision,
      ...(action === 'approve' ? { approvalHash: now?.approvalHash } : {}),
    };
    const { status } = await world.stand.ask('POST', `/replays/${id}/${action}`, {
      ...world.people[by],
      json,
    });
    if (status === 200) count(world.acts, actOf(`replay:${id}`, `replays.${action}`));
    return status === 200;
  };
  const replay = (await world.snapshot()).replays.get(id);
  if (!replay?.needsApproval) return void (await act('start', 'bob'));
  if (replay.state === 'previewed') await act('submit', 'bob');
  const submitted = (await world.snapshot()).replays.get(id);
  if (await act('approve', tried)) {
    if (submitted && !mayDecide(submitted, 'approve', tried))
      throw new Error(`${tried} approved what ${replay.askedBy} asked for`);
    return undefined;
  }
  await act('approve', replay.askedBy === 'bob' ? 'ada' : 'bob');
}

const launch = command(
  'launch',
  fc.record({ ask, place: fc.nat({ max: 1 }), tried: who }),
  'worker',
  async (world, { ask: asked, place: where, tried }) => {
    const id = await freeze(world, { ...asked, by: asked.force ? 'bob' : asked.by });
    if (id === undefined) return;
    await letGo(world, id, tried);
    const before = await world.snapshot();
    checkAll(world, before, 'letGo');
    world.before = before;
    if (world.workers[where] === undefined || world.workers[where].isOver) await world.hire(where, id);
  },
);

const actions = ['submit', 'start', 'approve', 'reject', 'pause', 'resume', 'cancel'] as const;
const decide = command(
  'decide',
  fc.record({
    at: index,
    action: fc.constantFrom(...actions, 'submit', 'start', 'start', 'approve', 'approve', 'resume'),
    by: who,
    isStale: fc.nat({ max: 9 }).map((n) => n === 0),
    isOther: fc.nat({ max: 9 }).map((n) => n === 0),
  }),
  'person',
  async (world, { at, action, by, isStale, isOther }) => {
    const replay = nth([...world.before.replays.values()], at);
    if (!replay) return;
    const json = {
      revision: replay.revision - (isStale ? 1 : 0),
      ...(action === 'approve' ? { approvalHash: isOther ? '0'.repeat(64) : replay.approvalHash } : {}),
    };
    const answer = await world.stand.ask('POST', `/replays/${replay.id}/${action}`, {
      ...world.people[by],
      json,
    });
    const mayBe = !isStale && !(isOther && action === 'approve') && mayDecide(replay, action, by);
    if ((answer.status === 200) !== mayBe)
      throw new Error(`${action} by ${by} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    if (mayBe) count(world.acts, actOf(`replay:${replay.id}`, `replays.${action}`));
  },
);

const begin = command(
  'begin',
  fc.record({ at: index, tried: who }),
  'letGo',
  async (world, { at, tried }) => {
    const isNew = ({ state }: { state: string }) => state === 'previewed' || state === 'awaiting_approval';
    const replay = nth([...world.before.replays.values()].filter(isNew), at);
    if (replay) await letGo(world, replay.id, tried);
  },
);

const place = fc.nat({ max: 1 });
const endLease = `UPDATE replays SET lease_until = clock_timestamp() - interval '1 s' WHERE id = $1 AND lease_owner IS NOT NULL`;
/** Another worker takes a replay; `waits`: once the lease of whoever had it, dead or standing still, is over. */
const hire = command(
  'hire',
  fc.record({ place, at: index, waits: fc.boolean() }),
  'worker',
  async (world, { place: where, at, waits }) => {
    const worthy = [...world.before.replays.values()].filter(
      ({ state, isHeld }) => state === 'running' || isHeld,
    );
    const replay = nth(worthy, at);
    if (!replay) return;
    if (waits) await world.stand.context.postgres.query(endLease, [replay.id]);
    await world.hire(where, replay.id);
  },
);
const step = command(
  'step',
  fc.record({ place, steps: fc.oneof(fc.integer({ min: 1, max: 25 }), fc.constant(80), fc.constant(80)) }),
  'worker',
  async (world, { place: where, steps }) => {
    const worker = world.workers[where];
    await worker?.gate.grant(steps, () => worker.isOver);
  },
);
const die = command(
  'die',
  fc.record({
    place,
    after: fc.integer({ min: 1, max: 40 }),
    when: fc.constantFrom('before' as const, 'after' as const),
  }),
  'worker',
  async (world, { place: where, after, when }) => {
    const worker = world.workers[where];
    worker?.gate.doomIn(after, when);
    await worker?.gate.grant(after, () => worker.isOver);
    await world.fire(where);
  },
);
/** The worst moment to die, or to stand still while others take over. */
const dieAtSend = command(
  'dieAtSend',
  fc.record({ place, what: fc.constantFrom('before' as const, 'after' as const, 'stall' as const) }),
  'worker',
  async (world, { place: where, what }) => {
    const worker = world.workers[where];
    worker?.gate.doomAtSend(what);
    await worker?.gate.grant(60, () => worker.isOver);
    if (worker?.gate.isDead) await world.fire(where);
  },
);
const engine = command(
  'engine',
  fc.record({ ms: fc.integer({ min: 20, max: 120 }) }),
  'engine',
  async (world, { ms }) => {
    const running = world.startEngine();
    await sleep(ms);
    await running.stop();
  },
);

const mood = fc.constantFrom<Mood>('accepts', 'accepts', 'accepts', 'refuses', 'away', 'loses', 'vanishes');
const destination = command(
  'destination',
  fc.array(mood, { minLength: 1, maxLength: 5 }),
  'person',
  async (world, moods) => world.setMoods(moods),
);

const consumer = command(
  'consumer',
  fc.record({
    at: index,
    outcome: fc.constantFrom('delivered', 'delivered', 'failed', 'dead_lettered', 'discarded'),
  }),
  'person',
  async (world, { at, outcome }) => {
    const last = world.deliveries.toReversed();
    const spokenOf = at > 5 ? last.slice(0, 3) : last.slice(at, at + 1);
    for (const { messageId, letterId } of spokenOf)
      world.tell(messageId, outcome, world.before.letters.get(letterId)?.key ?? null);
  },
);
/** A message that never died succeeds with the key of a letter. */
const newer = command('newer', fc.record({ at: fc.nat({ max: 6 }) }), 'person', async (world, { at }) => {
  const letter = [...world.before.letters.values()][at];
  if (letter) world.tell(`newer-${world.tells.length}`, 'delivered', letter.key);
});
/** The original succeeds after all, without any replay. */
const itself = command('itself', fc.record({ at: fc.nat({ max: 6 }) }), 'person', async (world, { at }) => {
  const letter = [...world.before.letters.values()][at];
  if (letter) world.tell(letter.messageId, 'delivered', letter.key);
});

const diesAgain = command(
  'diesAgain',
  fc.record({
    at: index,
    saysGeneration: fc.boolean(),
    errorType: fc.constantFrom('Timeout', 'Timeout', 'NotAnOrder'),
  }),
  'person',
  async (world, { at, saysGeneration, errorType }) => {
    const delivery = nth(world.deliveries.toReversed(), at);
    const { context } = world.stand;
    const flow = context.catalog.current().catalog.flows.find(({ name }) => name === 'orders');
    if (!delivery || !flow) return;
    const headers = [
      ['plumbline-dead-letter', delivery.letterId],
      ...(saysGeneration ? [['plumbline-generation', String(delivery.generation)]] : []),
    ].map(([name, value]) => [name ?? '', Buffer.from(value ?? '')] as const);
    const arrival = {
      arrivalId: `death-${world.tells.length}-${Math.random()}`,
      body: Buffer.from(delivery.body),
      headers,
      key: null,
      partition: null,
      contentType: null,
      messageId: delivery.messageId,
      originalDestination: null,
      failedAt: context.now(),
      reason: null,
      deliveries: null,
    };
    await storeArrivals(context, flow, 'dlq', [{ arrival, said: { errorType, errorMessage: 'again' } }]);
  },
);

const change = command(
  'change',
  fc.record({
    at: fc.nat({ max: 6 }),
    kind: fc.constantFrom('acknowledge', 'reopen', 'ignore', 'resolve', 'release'),
  }),
  'person',
  async (world, { at, kind }) => {
    const letter = [...world.before.letters.values()][at];
    if (!letter) return;
    const action =
      kind === 'ignore' || kind === 'resolve' || kind === 'release'
        ? { kind, reason: 'looked at it' }
        : { kind };
    const json = { filter: { ids: [letter.id] }, action };
    const { status, body } = await world.stand.ask('POST', '/dead-letters/actions', {
      ...world.people.bob,
      json,
    });
    if (status !== 200) throw new Error(`${kind} answered ${status} ${JSON.stringify(body)}`);
    const now = (await world.snapshot()).letters.get(letter.id)?.state;
    if (letter.state === 'replaying' && now !== 'replaying')
      throw new Error(`${kind} changed a letter that is held`);
  },
);

const verdict = command(
  'verdict',
  fc.record({ at: index, verdict: fc.constantFrom('delivered', 'not_delivered') }),
  'person',
  async (world, { at, verdict: found }) => {
    const item = nth([...world.before.items.values()].toReversed(), at);
    if (!item) return;
    const json = { verdict: found, reason: 'looked in the ERP' };
    const path = `/replays/${item.replayId}/items/${item.position}/verdict`;
    const { status } = await world.stand.ask('POST', path, { ...world.people.carl, json });
    if ((status === 200) !== (item.state === 'unknown'))
      throw new Error(`a verdict of ${item.state} answered ${status}`);
    if (status !== 200) return;
    world.verdicts.set(placeOf(item.replayId, item.position), found);
    count(world.acts, actOf(`replay:${item.replayId}`, 'replays.verdict'));
  },
);

const time = command('time', fc.constantFrom(1000, 10_000, 61_000, 300_000), 'person', async (world, ms) =>
  world.stand.pass(ms),
);

/** Commands in about the proportions of a bad day. */
const weights: readonly (readonly [number, fc.Arbitrary<Command>])[] = [
  [6, launch],
  [1, preview],
  [1, begin],
  [3, decide],
  [4, hire],
  [12, step],
  [2, die],
  [3, dieAtSend],
  [2, engine],
  [2, destination],
  [6, consumer],
  [1, newer],
  [1, itself],
  [2, diesAgain],
  [2, change],
  [2, verdict],
  [2, time],
];
export const allCommands = weights.flatMap(([weight, one]) => Array.from({ length: weight }, () => one));
