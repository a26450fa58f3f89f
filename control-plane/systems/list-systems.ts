import type { Catalog } from '@plumbline/model/catalog/schema.ts';
import type { Context } from '../context.ts';
import type { FlowSummary, Health } from '../flows/schemas.ts';
import { summarizeFlows } from '../flows/summarize.ts';
import type { TimeRange } from '../range.ts';
import { wholeMinutes } from '../slots.ts';
import { assignServices } from './assign-services.ts';
import { readServices, type ServiceRow } from './queries.ts';
import type { SystemView } from './schemas.ts';

const worst: readonly Health[] = ['failing', 'silent', 'degraded', 'recovered', 'healthy', 'idle'];

/** Every declared system and every service that no system claims, with the flows of the range. */
export async function listSystems(
  context: Context,
  range: TimeRange,
): Promise<{ systems: SystemView[]; flows: readonly FlowSummary[] }> {
  const [services, flows] = await Promise.all([
    readServices(context.clickHouse, wholeMinutes(range)),
    summarizeFlows(context, range),
  ]);
  const { catalog } = context.catalog.current();
  const { bySystem, unclaimed } = assignServices(catalog.systems, services);
  const declared = catalog.systems.map((system) => {
    const rows = bySystem.get(system.name) ?? [];
    const names = new Set([...(system.services ?? [system.name]), ...rows.map(({ service }) => service)]);
    return viewOf({ ...system, services: [...names], declared: true }, rows, flows, catalog);
  });
  const undeclared = unclaimed.map((row) =>
    viewOf(
      {
        name: row.service,
        title: row.service,
        owner: '',
        exposure: 'internal',
        timeZone: 'UTC',
        services: [row.service],
        declared: false,
      },
      [row],
      flows,
      catalog,
    ),
  );
  return { systems: [...declared, ...undeclared], flows };
}

type Described = Pick<
  SystemView,
  'name' | 'title' | 'owner' | 'exposure' | 'timeZone' | 'services' | 'declared'
>;

function viewOf(
  system: Described,
  rows: readonly ServiceRow[],
  flows: readonly FlowSummary[],
  catalog: Catalog,
): SystemView {
  const incoming = flows.filter(({ target }) => target === system.name);
  const outgoing = flows.filter(({ source }) => source === system.name);
  const seen = rows.map(({ lastSeenAt }) => lastSeenAt).sort();
  // A flow fails at its target: what a system sends in vain is the trouble of the one that should take it.
  const healths = new Set(incoming.map(({ health }) => health));
  healths.delete('idle');
  return {
    name: system.name,
    title: system.title,
    owner: system.owner,
    exposure: system.exposure,
    timeZone: system.timeZone,
    services: [...system.services],
    declared: system.declared,
    health: worst.find((health) => healths.has(health)) ?? (rows.length > 0 ? 'healthy' : 'idle'),
    spans: rows.reduce((sum, row) => sum + row.spans, 0),
    errors: rows.reduce((sum, row) => sum + row.errors, 0),
    lastSeenAt: seen.at(-1) ?? null,
    skewMs: rows.toSorted((a, b) => b.spans - a.spans)[0]?.skewMs ?? null,
    incoming: incoming.map(({ name }) => name),
    outgoing: outgoing.map(({ name }) => name),
    entities: catalog.entities
      .filter((entity) => Object.values(entity.authority).includes(system.name))
      .map(({ name }) => name),
  };
}
