import { setTimeout as sleep } from 'node:timers/promises';
import type { DeadLetterSummary } from '@plumbline/control-plane/dead-letters/schemas.ts';
import { DeadLetterList } from '@plumbline/control-plane/dead-letters/schemas.ts';
import { totalsOf } from '../distributor/stand/control-client.ts';
import { auditOf, effectsOf, type Way, type WayOptions } from './replay-way.ts';

/** The sum of a way, counted at both ends: at the consumers, and at the broker. */
export interface Account {
  readonly letters: number;
  /** Letters of one cause, largest first. */
  readonly groups: readonly number[];
  /** Messages without an effect, and with more than one. */
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly deliveries: number;
  /** Left at the broker once the control plane has let go of everything. */
  readonly queued: { readonly live: number; readonly dead: number };
  readonly letterStates: Readonly<Record<string, number>>;
  /** Confirmed items without a trace that proves it. */
  readonly unproven: readonly string[];
  /** Messages that two replays, or one, sent and confirmed more than once. */
  readonly confirmedTwice: readonly string[];
  readonly unbalanced: readonly string[];
  readonly audit: readonly (readonly string[])[];
}

/** Draws up the account. The control plane is ended by it: only then does a queue show what was never acknowledged. */
export async function drawUp(way: Way, options: WayOptions): Promise<Account> {
  const { product, queues, second } = options;
  const { messageIds } = way;
  const letters = await everyLetter(options);
  const letterStates = Object.fromEntries(
    [...Map.groupBy(letters, ({ state }) => state)].map(([state, own]) => [state, own.length]),
  );
  const audit = await Promise.all(way.replays.map(({ id }) => auditOf(second, id)));
  // Effects that come late are counted too.
  await sleep(1000);
  const effects = await effectsOf(product.distributorUrl, messageIds);
  const { delivered } = await totalsOf(product.distributorUrl, messageIds);
  await product.endControlPlane();
  const confirmed = way.items.filter(({ state }) => state === 'confirmed');
  const byMessage = Map.groupBy(confirmed, ({ messageId }) => messageId);
  return {
    letters: letters.length,
    groups: way.groups.map(({ count }) => count),
    lost: messageIds.filter((id) => !effects.get(id)),
    doubled: messageIds.filter((id) => (effects.get(id) ?? 0) > 1),
    deliveries: delivered,
    queued: await queues.waiting(),
    letterStates,
    unproven: confirmed.filter(({ traceId }) => !traceId).map(({ messageId }) => messageId),
    confirmedTwice: [...byMessage].filter(([, own]) => own.length > 1).map(([id]) => id),
    unbalanced: way.unbalanced,
    audit,
  };
}

async function everyLetter({ operator, flow }: WayOptions): Promise<DeadLetterSummary[]> {
  const states = 'open,acknowledged,replaying,resolved,ignored,quarantined';
  const letters: DeadLetterSummary[] = [];
  for (let cursor = ''; ;) {
    const page = await operator.get(
      `/dead-letters?flow=${flow}&state=${states}&limit=500${cursor}`,
      DeadLetterList,
    );
    letters.push(...page.items);
    if (page.nextCursor === null) return letters;
    cursor = `&cursor=${page.nextCursor}`;
  }
}
