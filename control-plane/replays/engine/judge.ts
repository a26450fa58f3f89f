import type { Held } from './lease.ts';
import type { Letter } from './letters.ts';
import type { Waiting } from './queue.ts';

/** What becomes of a letter that is not sent. */
export interface Skip {
  readonly reason: string;
  /** Null: the letter stays as it is. */
  readonly letter: { readonly state: 'resolved' | 'quarantined'; readonly why: string } | null;
}

export interface Knowledge {
  /** Trace of its own success since it died. */
  readonly deliveredIn: string | undefined;
  /** Message by which a newer version of its key succeeded. */
  readonly supersededBy: string | undefined;
  /** Why it cannot be sent as asked: its payload is gone, or the edit does not fit. */
  readonly fault: string | undefined;
}

/** Whether a message of the manifest is still to be sent: undefined means send. Pure. */
export function judge(
  held: Held,
  waiting: Waiting,
  letter: Letter | undefined,
  known: Knowledge,
): Skip | undefined {
  const stays = (reason: string): Skip => ({ reason, letter: null });
  if (!letter) return stays('the dead letter is gone');
  if (letter.hash !== waiting.hash) return stays('its payload is not the one of the manifest any more');
  if (letter.state === 'replaying') return stays(`replay ${letter.replayId ?? ''} holds it`);
  const isQuarantined = letter.state === 'quarantined';
  if (!isQuarantined && letter.state !== 'open' && letter.state !== 'acknowledged')
    return stays(`it is ${letter.state} by now`);
  if (isQuarantined && !held.force.quarantined) return stays('it is quarantined');
  if (known.deliveredIn !== undefined)
    return settles('already delivered', `its success was seen in trace ${known.deliveredIn}`);
  if (known.supersededBy !== undefined && !held.force.superseded)
    return settles(`superseded by ${known.supersededBy}`, 'a newer message of its key succeeded');
  if (letter.generation >= held.maxGenerations && letter.sameCause && !held.force.quarantined) {
    const why = `It failed ${letter.generation} replays with one cause`;
    return { reason: `quarantined: ${why}`, letter: { state: 'quarantined', why } };
  }
  return known.fault === undefined ? undefined : stays(known.fault);
}

function settles(reason: string, why: string): Skip {
  return { reason, letter: { state: 'resolved', why: `${reason}: ${why}` } };
}
