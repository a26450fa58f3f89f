import { backoffMs, pause } from '../pause.ts';
import type { TailOptions } from '../port.ts';
import { unlessStopped } from '../unless-stopped.ts';
import { within } from '../within.ts';
import { addressOf, type Address } from './address.ts';
import { arrivalOf } from './entry.ts';
import { Hopeless, isFinal, noStream, refusalOf } from './failure.ts';
import { listOf, readOf } from './replies.ts';
import { openSession, wordsOf, type Session } from './session.ts';
import { readStuck } from './stuck.ts';

const blockMs = 5000;
const answerWithinMs = 15_000;
const claimedAtOnce = 100;

export interface As {
  readonly url: string;
  /** Name of our group, of its consumer, and of the consumer that claims in other groups. */
  readonly reader: string;
  readonly now: () => Date;
}

/**
 * Reads a stream as a group of our own, or what another group has given up on. Entries are acknowledged after `store`;
 * those that were delivered and not stored before a crash come first. @throws Error when it can never work
 */
export async function tailStream(as: As, destination: string, options: TailOptions): Promise<void> {
  const address = addressOf(destination);
  let failures = 0;
  while (!options.stop.aborted) {
    try {
      await tailOnce(as, address, options, () => (failures = 0));
    } catch (error) {
      if (options.stop.aborted) return;
      if (error instanceof Hopeless) throw error;
      if (isFinal(error)) throw new Error(refusalOf(error)?.reason ?? wordsOf(error), { cause: error });
      if (failures === 0) options.onState?.('disconnected', wordsOf(error));
      await pause(backoffMs(failures), options.stop);
      failures += 1;
    }
  }
}

async function tailOnce(
  { url, reader, now }: As,
  address: Address,
  options: TailOptions,
  connected: () => void,
): Promise<void> {
  const opening = openSession(url, `${reader} reads`);
  const session = await unlessStopped(opening, options.stop);
  if (!session)
    return void opening.then(
      (late) => late.end(),
      () => undefined,
    );
  try {
    const { stream, stuck } = address;
    if (!stuck) await makeGroup(session, stream, reader);
    connected();
    options.onState?.(
      'connected',
      stuck
        ? `Reads what ${stuck.group} has given up on in ${stream}.`
        : `Reads ${stream} as the group ${reader}.`,
    );
    if (stuck) await readStuck({ session, reader, now }, { ...address, stuck }, options);
    else await readGroup(session, reader, address, options);
  } finally {
    session.end();
  }
}

/** A group that begins at the first entry. The stream is not made: a mistyped name would never be noticed. */
async function makeGroup(session: Session, stream: string, group: string): Promise<void> {
  try {
    await session.ask(['XGROUP', 'CREATE', stream, group, '0']);
  } catch (error) {
    if (/^BUSYGROUP/.test(wordsOf(error))) return;
    if (/requires the key to exist/.test(wordsOf(error)))
      throw new Hopeless(noStream(stream), { cause: error });
    throw error;
  }
}

async function readGroup(
  session: Session,
  reader: string,
  { stream, bodyField }: Address,
  options: TailOptions,
): Promise<void> {
  await takeOver(session, stream, reader);
  // From 0 on: what this reader was given before and has not acknowledged. Then what is new.
  let from = '0';
  while (!options.stop.aborted) {
    const read = [
      'XREADGROUP',
      'GROUP',
      reader,
      reader,
      'COUNT',
      String(options.batchMax),
      'BLOCK',
      String(blockMs),
    ];
    const late = `No answer from Redis within ${answerWithinMs} ms.`;
    const asking = within(answerWithinMs, session.ask([...read, 'STREAMS', stream, from]), late);
    const reply = await unlessStopped(asking, options.stop);
    if (reply === undefined) return;
    const entries = readOf(reply);
    const last = entries.at(-1);
    if (!last) {
      from = '>';
      continue;
    }
    await options.store(entries.map((entry) => arrivalOf(stream, entry, bodyField)));
    await session.ask(['XACK', stream, reader, ...entries.map(({ id }) => id)]);
    if (from !== '>') from = last.id;
  }
}

/** Takes what an earlier reader of this group, under whatever name, left behind. */
async function takeOver(session: Session, stream: string, reader: string): Promise<void> {
  let from = '0-0';
  do {
    const claim = ['XAUTOCLAIM', stream, reader, reader, '0', from, 'COUNT', String(claimedAtOnce), 'JUSTID'];
    from = String(listOf(await session.ask(claim))[0]);
  } while (from !== '0-0');
}
