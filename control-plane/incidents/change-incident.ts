import { execute, inTransaction, type Executor } from '@plumbline/model/postgres/pool.ts';
import { findAssignee } from '../access/assignees.ts';
import type { Actor } from '../actor.ts';
import { recordAct } from '../audit/record.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { refuseFuture, refuseUnknownFlows } from './open-incident.ts';
import { addEntry, lockIncident, readIncident } from './queries.ts';
import type { Incident, IncidentChange } from './schemas.ts';

/**
 * Changes what is said of an incident. Each change that others should see is a line of the timeline.
 * @throws Problem not_found, conflict (somebody else changed it since it was read), bad_request
 */
export async function changeIncident(
  context: Context,
  actor: Actor,
  requestId: string,
  number: number,
  change: IncidentChange,
): Promise<Incident> {
  const at = context.now();
  if (change.flows) refuseUnknownFlows(context, change.flows);
  const incident = await inTransaction(context.postgres, async (on) => {
    const before = await lockIncident(on, number);
    if (before.revision !== change.revision)
      throw new Problem(
        'conflict',
        'Somebody changed this incident since you looked at it: look again, then decide.',
      );
    const impactStartedAt = new Date(change.impactStartedAt ?? before.impactStartedAt);
    refuseFuture(impactStartedAt, new Date(before.detectedAt));
    const assignee = change.assignee === undefined ? before.assignee : await findPerson(on, change.assignee);
    const after = {
      title: change.title ?? before.title,
      severity: change.severity ?? before.severity,
      flows: change.flows ?? before.flows,
      summary: change.summary ?? before.summary,
      impactStartedAt,
      assignee,
    };
    await execute(
      on,
      `UPDATE incidents SET title = $2, severity = $3, flows = $4, summary = $5, impact_started_at = $6, assignee = $7,
         revision = revision + 1 WHERE number = $1`,
      [
        number,
        after.title,
        after.severity,
        after.flows,
        after.summary,
        impactStartedAt,
        assignee?.id ?? null,
      ],
    );
    if (assignee?.id !== before.assignee?.id)
      await addEntry(on, number, { at, actor, kind: 'assigned', text: assignee?.name ?? '' });
    const told = changesOf(before, after);
    if (told.length > 0) await addEntry(on, number, { at, actor, kind: 'changed', text: told.join(' ') });
    const { revision: _revision, ...detail } = change;
    await recordAct(on, {
      at,
      actor,
      action: 'incidents.change',
      target: `incident:${number}`,
      detail,
      requestId,
    });
    return readIncident(on, number);
  });
  context.events.publish('incidents.changed', { number });
  return incident;
}

/** What changed, in sentences. */
function changesOf(
  before: Incident,
  after: Pick<Incident, 'title' | 'severity' | 'flows' | 'summary'> & { impactStartedAt: Date },
): string[] {
  const sentences: string[] = [];
  if (after.title !== before.title) sentences.push(`It is called “${after.title}” now.`);
  if (after.severity !== before.severity)
    sentences.push(`Its severity is ${after.severity}, was ${before.severity}.`);
  const added = after.flows.filter((name) => !before.flows.includes(name));
  const removed = before.flows.filter((name) => !after.flows.includes(name));
  if (added.length > 0) sentences.push(`It concerns ${added.join(', ')} too.`);
  if (removed.length > 0) sentences.push(`It does not concern ${removed.join(', ')}.`);
  if (after.impactStartedAt.toISOString() !== before.impactStartedAt)
    sentences.push(`Its impact began at ${after.impactStartedAt.toISOString()}.`);
  if (after.summary !== before.summary) sentences.push('The summary was written anew.');
  return sentences;
}

async function findPerson(on: Executor, id: string | null): Promise<Incident['assignee']> {
  if (id === null) return null;
  const person = await findAssignee(on, id);
  if (!person)
    throw new Problem(
      'bad_request',
      'Assign to the id of a person who may act (see /incidents/assignees), or to null for nobody.',
    );
  return person;
}
