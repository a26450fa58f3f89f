import { actOf, placeOf, type ItemNow, type LetterNow, type ReplayNow, type Snapshot } from './snapshot.ts';
import { policy, type Delivery, type World } from './world.ts';

/** Who may have moved things between two snapshots: one worker, the engine with all its replays, people in one act or several. */
export type Mover = 'worker' | 'engine' | 'person' | 'letGo';

class Broken extends Error {}

function hold(isTrue: boolean, sentence: string): void {
  if (!isTrue) throw new Broken(sentence);
}

/** What must hold after every command. @throws with the sentence of the first that does not */
export function checkAll(world: World, after: Snapshot, mover: Mover): void {
  const { before } = world;
  noteWhatHappened(world, after);
  for (const [place, item] of after.items) checkItem(world, before.items.get(place), item, after, mover);
  for (const [place, item] of before.items)
    if (!after.items.has(place))
      hold(item.state === 'sending', `${place} left the ledger from ${item.state}`);
  for (const replay of after.replays.values())
    checkReplay(before.replays.get(replay.id), replay, after, mover);
  for (const letter of after.letters.values()) checkLetter(letter, after);
  hold(before.letters.size === after.letters.size, 'a letter is gone');
  checkKeys(after);
  checkDeliveries(world, after);
  checkActs(world, after);
}

/** What the sequences led to, so that a search that finds nothing can be seen to have looked. */
function noteWhatHappened({ before, seen }: World, after: Snapshot): void {
  const note = (was: string | undefined, is: string, why = '') => {
    if (was !== is) count(seen, `${was ?? 'none'} → ${is}${why}`);
  };
  for (const { id, state } of after.replays.values()) note(before.replays.get(id)?.state, state);
  for (const [place, { state, reason }] of after.items) {
    const why =
      state === 'skipped' || state === 'unknown'
        ? `: ${reason?.replaceAll(/[0-9a-f-]{30,}|newer-\d+|\w+-m\d+/g, '…')}`
        : '';
    const was = before.items.get(place)?.state;
    note(was && `item ${was}`, `item ${state}`, why);
  }
}

/** Where a row of the ledger may be after it was somewhere. */
const itemArrows: Readonly<Record<string, readonly string[]>> = {
  none: ['sending', 'sent', 'confirmed', 'refailed', 'skipped', 'unknown'],
  sending: ['sending', 'sent', 'confirmed', 'refailed', 'unknown'],
  sent: ['sent', 'confirmed', 'refailed', 'unknown'],
  unknown: ['unknown', 'confirmed', 'refailed'],
  confirmed: ['confirmed'],
  refailed: ['refailed'],
  skipped: ['skipped'],
};

function checkItem(
  world: World,
  was: ItemNow | undefined,
  item: ItemNow,
  after: Snapshot,
  mover: Mover,
): void {
  const name = `item ${placeOf(item.replayId, item.position)}`;
  hold(
    itemArrows[was?.state ?? 'none']?.includes(item.state) ?? false,
    `${name}: ${was?.state} → ${item.state}`,
  );
  const replay = after.replays.get(item.replayId);
  hold(replay?.manifest[item.position]?.startsWith(item.letterId) ?? false, `${name} is not in the manifest`);
  const isClaim = was === undefined && item.state !== 'skipped';
  if (isClaim && replay) checkClaim(world, replay, item, after, mover);
  if (item.state === 'confirmed' && was?.state !== 'confirmed') checkConfirmed(world, item, after);
  if (item.state === 'refailed' && was?.state !== 'refailed') {
    const letter = after.letters.get(item.letterId);
    hold(letter?.replayId !== item.replayId, `${name} failed again, and its replay still holds the letter`);
  }
}

/** A letter that is settled, held or in quarantine is never claimed; whoever is engine may have freed it a moment before. */
function checkClaim(world: World, replay: ReplayNow, item: ItemNow, after: Snapshot, mover: Mover): void {
  const letter = world.before.letters.get(item.letterId);
  const allowed = [
    'open',
    'acknowledged',
    ...(replay.force.quarantined ? ['quarantined'] : []),
    ...(mover === 'engine' ? ['replaying'] : []),
  ];
  hold(
    letter !== undefined && allowed.includes(letter.state),
    `a letter was claimed that was ${letter?.state}`,
  );
  if (!letter || letter.state === 'replaying') return;
  checkOrder(world, letter, item, after);
  const isPoison = letter.generation >= policy.maxGenerations && letter.sameCause;
  hold(!isPoison || replay.force.quarantined, `a letter was claimed that failed ${letter.generation} times`);
  hold(item.generation === letter.generation + 1, `generation ${item.generation} after ${letter.generation}`);
}

/** No message is claimed while an older one of its key waits in another replay that has begun. */
function checkOrder(world: World, letter: LetterNow, item: ItemNow, after: Snapshot): void {
  const isAtWork = (replay: ReplayNow | undefined) =>
    ['running', 'paused', 'halted'].includes(replay?.state ?? '');
  const lies = (one: LetterNow | undefined) => one?.state === 'open' || one?.state === 'acknowledged';
  for (const other of world.before.replays.values()) {
    if (other.id === item.replayId || !isAtWork(other) || !isAtWork(after.replays.get(other.id))) continue;
    for (const [position, entry] of other.manifest.entries()) {
      const older = world.before.letters.get(entry.slice(0, 36));
      if (!older || older.key !== letter.key || older.seq >= letter.seq) continue;
      const waits =
        lies(older) && lies(after.letters.get(older.id)) && !after.items.has(placeOf(other.id, position));
      hold(
        !waits,
        `${letter.messageId} was claimed before ${older.messageId}, which waits in replay ${other.id}`,
      );
    }
  }
}

/** Nothing is done because nobody objects: a success was told, or a person gave their word. */
function checkConfirmed(world: World, item: ItemNow, after: Snapshot): void {
  const place = placeOf(item.replayId, item.position);
  const isTold = world.tells.some(
    ({ messageId, outcome, at }) =>
      messageId === item.messageId &&
      (outcome === 'delivered' || outcome === 'discarded') &&
      at.getTime() >= (item.sentAt?.getTime() ?? 0) - 2000,
  );
  hold(isTold || world.verdicts.get(place) === 'delivered', `item ${place} is confirmed by nothing`);
  const letter = after.letters.get(item.letterId);
  hold(
    letter?.replayId !== item.replayId,
    `item ${place} is confirmed, and its replay still holds the letter`,
  );
}

const replayArrows: Readonly<Record<string, readonly string[]>> = {
  none: ['previewed'],
  previewed: ['previewed', 'awaiting_approval', 'scheduled', 'running', 'cancelled'],
  awaiting_approval: ['awaiting_approval', 'scheduled', 'running', 'rejected', 'cancelled'],
  scheduled: ['scheduled', 'running', 'halted', 'finished', 'cancelled'],
  running: ['running', 'paused', 'halted', 'finished', 'cancelled'],
  paused: ['paused', 'running', 'cancelled'],
  halted: ['halted', 'running', 'cancelled'],
  finished: ['finished'],
  cancelled: ['cancelled'],
  rejected: ['rejected'],
};

/** Where a replay may be after several people decided on it. */
const newArrows: readonly string[] = ['previewed', 'awaiting_approval', 'scheduled', 'running'];

function checkReplay(was: ReplayNow | undefined, replay: ReplayNow, after: Snapshot, mover: Mover): void {
  const name = `replay ${replay.id}`;
  const isThrough = mover === 'letGo' && (was === undefined || newArrows.includes(was.state));
  const arrows = isThrough ? newArrows : replayArrows[was?.state ?? 'none'];
  hold(arrows?.includes(replay.state) ?? false, `${name}: ${was?.state ?? 'none'} → ${replay.state}`);
  hold(!was || was.manifest.join() === replay.manifest.join(), `${name}: its manifest changed`);
  hold(!was || was.approvalHash === replay.approvalHash, `${name}: what was approved changed`);
  hold(!was || was.epoch <= replay.epoch, `${name}: its epoch went back`);
  hold(replay.manifest.length === replay.items, `${name} says ${replay.items} items`);
  const rows = [...after.items.values()].filter(({ replayId }) => replayId === replay.id);
  const isBegun = !['previewed', 'awaiting_approval', 'scheduled', 'rejected'].includes(replay.state);
  hold(isBegun || rows.length === 0, `${name} is ${replay.state} and has begun`);
  const isEven = !replay.needsApproval || replay.approvedHash === replay.approvalHash;
  hold(rows.length === 0 || isEven, `${name} has begun without approval of what it is`);
  if (replay.state === 'finished')
    hold(
      rows.length === replay.items,
      `${name} is finished, and ${replay.items - rows.length} were left behind`,
    );
  checkSerial(rows, after);
}

/** One message of a key at a time, whichever replays send them. */
function checkKeys(after: Snapshot): void {
  const busy = [...after.items.values()].filter(({ state }) => state === 'sending' || state === 'sent');
  const keys = busy.map(({ letterId }) => after.letters.get(letterId)?.key);
  hold(new Set(keys).size === keys.length, `messages of one key are under way at once: ${keys.join(', ')}`);
}

/** Of one replay the older message of a key goes first. */
function checkSerial(rows: readonly ItemNow[], after: Snapshot): void {
  const byKey = Map.groupBy(rows, ({ letterId }) => after.letters.get(letterId)?.key ?? '');
  for (const [key, items] of byKey) {
    const replay = after.replays.get(items[0]?.replayId ?? '');
    const touched = new Set(items.map(({ position }) => position));
    const last = Math.max(...touched);
    for (const [position, entry] of replay?.manifest.entries() ?? []) {
      if (position >= last || after.letters.get(entry.slice(0, 36))?.key !== key) continue;
      hold(touched.has(position), `${key}: position ${last} went before ${position}`);
    }
  }
}

/** A letter is held exactly while the ledger has its message under way or unknown. */
function checkLetter(letter: LetterNow, after: Snapshot): void {
  const open = [...after.items.values()].filter(
    ({ letterId, state }) => letterId === letter.id && ['sending', 'sent', 'unknown'].includes(state),
  );
  hold(open.length <= 1, `letter ${letter.id} is under way ${open.length} times`);
  const [item] = open;
  const rows = [...after.items.values()].filter(({ letterId }) => letterId === letter.id);
  const generations = Math.max(0, ...rows.map(({ generation }) => generation ?? 0));
  hold(
    letter.generation === generations,
    `letter ${letter.id}: generation ${letter.generation}, ${generations} in the ledger`,
  );
  if (letter.state === 'replaying') {
    hold(item !== undefined, `letter ${letter.id} is held by nothing`);
    hold(item?.replayId === letter.replayId, `letter ${letter.id} is held by another replay than says so`);
    hold(item?.generation === letter.generation, `letter ${letter.id} is held by an older generation`);
  } else {
    hold(item === undefined, `letter ${letter.id} is ${letter.state} while its message is ${item?.state}`);
    hold(letter.replayId === null, `letter ${letter.id} is ${letter.state} and names a replay`);
  }
}

/** What reached the destination is in the ledger, once, from the manifest, and was fit to be sent. */
function checkDeliveries(world: World, after: Snapshot): void {
  const seen = new Set<string>();
  for (const delivery of world.deliveries) {
    const name = `message ${delivery.messageId}, generation ${delivery.generation}`;
    const once = `${delivery.letterId} ${delivery.generation}`;
    hold(!seen.has(once), `${name} was sent twice`);
    seen.add(once);
    const item = [...after.items.values()].find(
      ({ letterId, generation }) => letterId === delivery.letterId && generation === delivery.generation,
    );
    hold(item !== undefined, `${name} was sent, and the ledger knows nothing of it`);
    hold(item?.replayId === delivery.replayId, `${name} was sent by another replay than the ledger says`);
    hold(item?.state !== 'skipped', `${name} was sent, and the ledger says skipped`);
    hold(item?.messageId === delivery.messageId, `${name}: the ledger says ${item?.messageId}`);
    const replay = after.replays.get(delivery.replayId);
    const entry = replay?.manifest.find((one) => one.startsWith(delivery.letterId));
    hold(entry !== undefined, `${name} is not in the manifest`);
    hold(replay?.destination === delivery.destination, `${name} went to ${delivery.destination}`);
    hold(
      delivery.body.includes(replay?.patched ? '"quantity":2' : '"quantity":1'),
      `${name}: ${delivery.body}`,
    );
    if (replay) checkFresh(world, delivery, replay, after);
  }
}

/** Whoever sent it had not heard of its own success, nor of a newer one of its key. */
function checkFresh(world: World, delivery: Delivery, replay: ReplayNow, after: Snapshot): void {
  const letter = after.letters.get(delivery.letterId);
  if (!letter) return;
  const seqOf = (messageId: string) => {
    const known = [...after.letters.values()].find((one) => one.messageId === messageId);
    const sent = [...after.items.values()].find((one) => one.messageId === messageId);
    return known?.seq ?? after.letters.get(sent?.letterId ?? '')?.seq;
  };
  for (const [index, tell] of world.tells.entries()) {
    if (tell.outcome !== 'delivered' || tell.at <= letter.failedAt) continue;
    const isOwn = tell.messageId === letter.messageId && index < delivery.heard.own;
    const seq = seqOf(tell.messageId);
    const isNewer = tell.key === letter.key && index < delivery.heard.key && (seq ?? Infinity) > letter.seq;
    hold(!isOwn, `message ${delivery.messageId} was sent after its own success was heard of`);
    hold(
      !isNewer || replay.force.superseded,
      `message ${delivery.messageId} was sent after ${tell.messageId}`,
    );
  }
}

const ends = { finished: 'replays.finish', halted: 'replays.halt' } as const;

/** Every decision that was taken is in the audit log, and nothing else is. */
function checkActs(world: World, after: Snapshot): void {
  for (const replay of after.replays.values()) {
    for (const [state, action] of Object.entries(ends))
      if (replay.state === state && world.before.replays.get(replay.id)?.state !== state)
        count(world.acts, actOf(`replay:${replay.id}`, action));
    const was = world.before.replays.get(replay.id);
    if (was?.state === 'scheduled' && replay.state !== 'scheduled' && replay.state !== 'cancelled')
      count(world.acts, actOf(`replay:${replay.id}`, 'replays.begin'));
  }
  for (const key of new Set([...world.acts.keys(), ...after.acts.keys()]))
    hold(
      world.acts.get(key) === after.acts.get(key),
      `audit of ${key}: ${after.acts.get(key)}, not ${world.acts.get(key)}`,
    );
}

export function count(acts: Map<string, number>, key: string): void {
  acts.set(key, (acts.get(key) ?? 0) + 1);
}
