import type { Flow } from '@plumbline/model/catalog/schema.ts';
import { query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { askedMax, type Evidence, type KeySuccess } from './evidence.ts';

export interface Candidate {
  readonly id: string;
  readonly seq: string;
  readonly messageId: string;
  readonly key: string | null;
  readonly version: string | null;
  readonly failedAt: Date;
}

export interface StaleFlow {
  readonly name: string;
  /** Its messages carry a whole state, with a version: a newer one makes an older one stale. One of changes never does. */
  readonly carriesState: boolean;
}

/** What staleness asks of a flow: one that declares where its version stands carries a state. Pure. */
export function staleFlow(name: string, flow: Flow | undefined): StaleFlow {
  return { name, carriesState: flow?.deadLetters.version !== undefined };
}

export interface Staleness {
  /** Letters whose own success was seen since they died. */
  readonly delivered: ReadonlyMap<string, string>;
  /** Letters whose key succeeded since with a newer message: by which. */
  readonly superseded: ReadonlyMap<string, string>;
  readonly examined: number;
}

const Known = z.object({ messageId: z.string(), seq: z.string(), version: z.string().nullable() });
type Known = z.output<typeof Known>;

/**
 * Judges letters of one flow against telemetry. A success of another message counts as newer unless that message is itself a
 * dead letter that came before: its late success is our own replay of the past. Stops early at `deadline` (of `clock`).
 */
export async function findStale(
  on: Executor,
  evidence: Evidence,
  flow: StaleFlow,
  letters: readonly Candidate[],
  deadline: { readonly isOver: () => boolean },
): Promise<Staleness> {
  const delivered = new Map<string, string>();
  const superseded = new Map<string, string>();
  let examined = 0;
  for (let from = 0; from < letters.length && !deadline.isOver(); from += askedMax) {
    const part = letters.slice(from, from + askedMax);
    const since = new Date(Math.min(...part.map(({ failedAt }) => failedAt.getTime())));
    const keys = flow.carriesState
      ? [...new Set(part.flatMap(({ key }) => (key === null ? [] : [key])))]
      : [];
    const ids = [...new Set(part.map(({ messageId }) => messageId))];
    const [outcomes, successes] = await Promise.all([
      evidence.outcomes(flow.name, ids, since),
      keys.length === 0 ? [] : evidence.successes(flow.name, keys, since),
    ]);
    const done = new Map(
      outcomes.filter(({ outcome }) => outcome === 'delivered').map((one) => [one.messageId, one]),
    );
    const known = await findKnown(on, flow.name, successes);
    for (const letter of part) {
      const own = done.get(letter.messageId);
      if (own && own.at > letter.failedAt) delivered.set(letter.id, own.traceId);
      const by = successes.find((success) => isNewer(success, letter, known.get(success.messageId)));
      if (by) superseded.set(letter.id, by.messageId);
    }
    examined += part.length;
  }
  return { delivered, superseded, examined };
}

/** Whether a success of the same key makes a letter stale. Pure. */
export function isNewer(success: KeySuccess, letter: Candidate, known: Known | undefined): boolean {
  if (success.key !== letter.key || success.messageId === letter.messageId) return false;
  if (success.at <= letter.failedAt) return false;
  if (!known) return true;
  if (known.version !== null && letter.version !== null)
    return BigInt(known.version) > BigInt(letter.version);
  return BigInt(known.seq) > BigInt(letter.seq);
}

/** Which of the successful messages are dead letters themselves, also under the id that an edit gave them. */
async function findKnown(
  on: Executor,
  flow: string,
  successes: readonly KeySuccess[],
): Promise<Map<string, Known>> {
  if (successes.length === 0) return new Map();
  const rows = await query(on, {
    name: 'replays.known_messages',
    sql: `
      SELECT message_id AS "messageId", max(seq)::text AS seq, max(version)::text AS version
      FROM dead_letters WHERE flow = $1 AND message_id = ANY ($2::text[]) GROUP BY message_id
      UNION ALL
      SELECT i.message_id, max(d.seq)::text, max(d.version)::text
      FROM replay_items i JOIN dead_letters d ON d.id = i.dead_letter_id
      WHERE i.message_id = ANY ($2::text[]) AND i.message_id <> d.message_id AND d.flow = $1 GROUP BY i.message_id
      LIMIT 4000`,
    params: [flow, [...new Set(successes.map(({ messageId }) => messageId))]],
    schema: Known,
  });
  return new Map(rows.map((row) => [row.messageId, row]));
}
