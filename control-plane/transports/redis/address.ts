/** What a destination of Redis names. */
export interface Address {
  readonly stream: string;
  /** Field of an entry that holds the body; null: found by its name. */
  readonly bodyField: string | null;
  /** Entries of this group that were given up on, instead of the stream itself. */
  readonly stuck: Stuck | null;
}

/** Entries that a consumer group has delivered at least so often and nobody has touched for so long. */
export interface Stuck {
  readonly group: string;
  readonly deliveries: number;
  readonly idleMs: number;
}

const idleDefaultMs = 60_000;
const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const known = ['group', 'deliveries', 'idle', 'body'];

/**
 * `stream`, `stream?body=field`, or `stream?group=name&deliveries=5[&idle=60s]` for the pending entries of a group.
 * @throws Error with a sentence that says how to write it
 */
export function addressOf(destination: string): Address {
  const at = destination.indexOf('?');
  const stream = at === -1 ? destination : destination.slice(0, at);
  if (stream === '') throw new Error('This destination names no stream: write its key before the ?.');
  const asked = new URLSearchParams(at === -1 ? '' : destination.slice(at + 1));
  for (const name of asked.keys())
    if (!known.includes(name))
      throw new Error(`${destination}: ${name} is not known here; after the ? stand ${known.join(', ')}.`);
  const group = asked.get('group');
  const deliveries = asked.get('deliveries');
  if ((group === null) !== (deliveries === null) || (group === null && asked.has('idle')))
    throw new Error(
      `${destination}: write group and deliveries together, as in stream?group=erp&deliveries=5.`,
    );
  return {
    stream,
    bodyField: asked.get('body'),
    stuck:
      group === null
        ? null
        : {
            group,
            deliveries: wholeOf(destination, deliveries ?? ''),
            idleMs: idleOf(destination, asked.get('idle')),
          },
  };
}

/** A stream that can be sent to. @throws Error with a sentence */
export function targetOf(destination: string): Address {
  const address = addressOf(destination);
  if (address.stuck)
    throw new Error(
      `${destination} names entries of a group, which are read only: give the flow a replay.destination that is a stream.`,
    );
  return address;
}

function wholeOf(destination: string, text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new Error(`${destination}: deliveries is a whole number from 1 on.`);
}

function idleOf(destination: string, text: string | null): number {
  if (text === null) return idleDefaultMs;
  const [, digits, unit] = /^(\d{1,6})(ms|s|m|h)$/.exec(text) ?? [];
  const ms = unitsMs[unit ?? ''];
  if (digits !== undefined && ms !== undefined) return Number(digits) * ms;
  throw new Error(`${destination}: idle is a time such as 500ms, 60s, 5m or 1h.`);
}
