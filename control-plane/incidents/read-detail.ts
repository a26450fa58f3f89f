import { readAlertsOf } from '../alerts/queries.ts';
import type { Context } from '../context.ts';
import { readEntries, readIncident } from './queries.ts';
import type { IncidentDetail } from './schemas.ts';

/** An incident with its timeline, its alerts and what the catalog knows of its flows. @throws Problem not_found */
export async function readDetail(context: Context, number: number): Promise<IncidentDetail> {
  const { postgres } = context;
  const incident = await readIncident(postgres, number);
  const [entries, alerts] = await Promise.all([
    readEntries(postgres, number),
    readAlertsOf(postgres, number, context.now()),
  ]);
  const { flows, systems } = context.catalog.current().catalog;
  return {
    incident,
    flows: flows
      .filter(({ name }) => incident.flows.includes(name))
      .map(({ name, title, source, target, owner, runbook }) => ({
        name,
        title,
        source,
        target,
        owner,
        runbook: runbook ?? systems.find((system) => system.name === target)?.runbook ?? null,
      })),
    alerts,
    entries,
  };
}
