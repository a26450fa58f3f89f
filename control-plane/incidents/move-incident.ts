import { inTransaction } from '@plumbline/model/postgres/pool.ts';
import type { Actor } from '../actor.ts';
import { recordAct } from '../audit/record.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { addEntry, lockIncident, readIncident, stepIncident } from './queries.ts';
import type { EntryKind, Incident, IncidentState, Step } from './schemas.ts';

interface Move {
  readonly from: readonly IncidentState[];
  /** Assignments, with the instant as $2. */
  readonly set: string;
  readonly entry: EntryKind;
  readonly refusal: string;
}

const moves: Readonly<Record<Step, Move>> = {
  acknowledge: {
    from: ['open'],
    set: 'acknowledged_at = greatest($2, detected_at)',
    entry: 'acknowledged',
    refusal: 'Somebody has this incident already.',
  },
  // Who says that it is over has it, too.
  restore: {
    from: ['open', 'acknowledged'],
    set: 'restored_at = greatest($2, impact_started_at), acknowledged_at = coalesce(acknowledged_at, greatest($2, detected_at))',
    entry: 'restored',
    refusal: 'This incident is over already.',
  },
  close: {
    from: ['restored'],
    set: 'closed_at = greatest($2, restored_at), acknowledged_at = coalesce(acknowledged_at, greatest($2, detected_at))',
    entry: 'closed',
    refusal: 'Only what is restored can be closed: say first that the trouble is over.',
  },
  reopen: {
    from: ['restored', 'closed'],
    set: 'restored_at = NULL, closed_at = NULL',
    entry: 'reopened',
    refusal: 'This incident is open.',
  },
};

/** Moves an incident on. The loser of two who do so at once is told. @throws Problem not_found, conflict */
export async function moveIncident(
  context: Context,
  actor: Actor,
  requestId: string,
  { number, step, text }: { number: number; step: Step; text: string },
): Promise<Incident> {
  const at = context.now();
  const move = moves[step];
  const incident = await inTransaction(context.postgres, async (on) => {
    const before = await lockIncident(on, number);
    if (!move.from.includes(before.state)) throw new Problem('conflict', move.refusal);
    if (step === 'restore' && before.firing > 0)
      throw new Problem(
        'conflict',
        `${before.firing} of its alerts still fire: it is restored when they are resolved.`,
      );
    await stepIncident(on, number, move.set, at);
    await addEntry(on, number, { at, actor, kind: move.entry, text });
    await recordAct(on, {
      at,
      actor,
      action: `incidents.${step}`,
      target: `incident:${number}`,
      detail: text ? { text } : {},
      requestId,
    });
    return readIncident(on, number);
  });
  context.events.publish('incidents.changed', { number });
  return incident;
}

/** Adds a note to the timeline. @throws Problem not_found */
export async function noteIncident(
  context: Context,
  actor: Actor,
  requestId: string,
  { number, text }: { number: number; text: string },
): Promise<void> {
  const at = context.now();
  await inTransaction(context.postgres, async (on) => {
    await lockIncident(on, number);
    await addEntry(on, number, { at, actor, kind: 'note', text });
    await recordAct(on, { at, actor, action: 'incidents.note', target: `incident:${number}`, requestId });
  });
  context.events.publish('incidents.changed', { number });
}
