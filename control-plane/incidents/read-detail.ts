import { readAlert } from '../alerts/queries.ts';
import type { Context } from '../context.ts';
import { readEntries, readEpisodes, readIncident } from './queries.ts';
import type { IncidentDetail } from './schemas.ts';

/** An incident with its timeline, its alerts and what the catalog knows of its flows. @throws Problem not_found */
export async function readDetail(context: Context, number: number): Promise<IncidentDetail> {
  const { postgres } = context;
  const incident = await readIncident(postgres, number);
  const [entries, episodes] = await Promise.all([
    readEntries(postgres, number),
    readEpisodes(postgres, number),
  ]);
  const alerts = await Promise.all(episodes.map((episode) => readAlert(postgres, episode, context.now())));
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
    alerts: alerts.filter((alert) => alert !== undefined),
    entries,
  };
}
