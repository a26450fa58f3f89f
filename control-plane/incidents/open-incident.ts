import { inTransaction } from '@plumbline/model/postgres/pool.ts';
import type { Actor } from '../actor.ts';
import { recordAct } from '../audit/record.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { addEntry, insertIncident, readIncident } from './queries.ts';
import type { Incident, NewIncident } from './schemas.ts';

/** Opens an incident that a person saw before any alert did. @throws Problem bad_request */
export async function openIncident(
  context: Context,
  actor: Actor,
  requestId: string,
  input: NewIncident,
): Promise<Incident> {
  const at = context.now();
  const impactStartedAt = input.impactStartedAt ? new Date(input.impactStartedAt) : at;
  refuseFuture(impactStartedAt, at);
  refuseUnknownFlows(context, input.flows);
  const incident = await inTransaction(context.postgres, async (on) => {
    const { title, severity, flows } = input;
    const number = await insertIncident(on, {
      title,
      severity,
      flows,
      origin: 'person',
      impactStartedAt,
      detectedAt: at,
    });
    await addEntry(on, number, { at, actor, kind: 'opened', text: input.note ?? '' });
    const detail = { title, severity, flows };
    await recordAct(on, {
      at,
      actor,
      action: 'incidents.open',
      target: `incident:${number}`,
      detail,
      requestId,
    });
    return readIncident(on, number);
  });
  context.events.publish('incidents.changed', { number: incident.number });
  return incident;
}

export function refuseFuture(impactStartedAt: Date, now: Date): void {
  if (impactStartedAt > now)
    throw new Problem('bad_request', 'The impact began in the past or now: give an instant that is over.');
}

/** Names that the catalog does not have are errors of typing, and would lead nowhere. */
export function refuseUnknownFlows(context: Context, names: readonly string[]): void {
  const known = new Set(context.catalog.current().catalog.flows.map(({ name }) => name));
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0)
    throw new Problem('bad_request', `The catalog has no flow named ${unknown.join(', ')}.`);
}
