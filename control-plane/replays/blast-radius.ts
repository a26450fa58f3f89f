import type { Catalog, Flow } from '@plumbline/model/catalog/schema.ts';
import type { TransportHolder } from '../transports/holder.ts';
import { within } from '../transports/within.ts';
import type { ReplayPreview } from './schemas.ts';

const probeMsMax = 2000;

type System = ReplayPreview['systems'][number];

/** Systems that a replay reaches: the target, and those to which it passes the entity on, at most 50. Pure. */
export function systemsReached(catalog: Catalog, flow: Flow): System[] {
  const describe = (name: string, role: System['role']): System => {
    const system = catalog.systems.find((one) => one.name === name);
    return { name, title: system?.title ?? name, exposure: system?.exposure ?? 'internal', role };
  };
  const reached = new Map([[flow.target, describe(flow.target, 'target')]]);
  const related = relatedEntities(catalog, flow.entity);
  const pending = [flow.target];
  for (let from = pending.shift(); from !== undefined && reached.size < 50; from = pending.shift()) {
    for (const next of catalog.flows) {
      if (next.source !== from || !related.has(next.entity) || reached.has(next.target)) continue;
      reached.set(next.target, describe(next.target, 'downstream'));
      pending.push(next.target);
    }
  }
  if (!reached.has(flow.source)) reached.set(flow.source, describe(flow.source, 'observer'));
  return [...reached.values()];
}

/** Entities that share a process with this one: what happens to it shows in them. */
function relatedEntities(catalog: Catalog, entity: string): Set<string> {
  const shared = catalog.processes.filter(({ entities }) => entities.includes(entity));
  return new Set([entity, ...shared.flatMap(({ entities }) => entities)]);
}

/** Asks the destination what it promises, for two seconds at most; never rejects. */
export async function probePromises(
  transports: TransportHolder,
  connection: string,
  destination: string,
): Promise<ReplayPreview['promises']> {
  const away = (note: string) => ({
    durable: 'unknown' as const,
    note,
    reachable: false,
    deduplicatesForMs: null,
  });
  try {
    const transport = transports.of(connection);
    if (!transport)
      return away(`The connection ${connection} has no URL: set it in the catalog or in the environment.`);
    const asked = transport.promises(destination, AbortSignal.timeout(probeMsMax));
    const late = `no answer within ${probeMsMax / 1000} s`;
    const { durable, note, deduplicates } = await within(probeMsMax, asked, late);
    return { durable, note, reachable: true, deduplicatesForMs: deduplicates?.forMs ?? null };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return away(`${destination} over ${connection} cannot be reached: ${why}`);
  }
}

/** What a person should know before deciding, in sentences. Pure. */
export function warningsOf(
  preview: Omit<ReplayPreview, 'warnings' | 'tookMs'>,
  exclusiveTo: string,
): string[] {
  const { superseded, duplicates, outOfOrder, otherConsumers, promises, edit, systems, items } = preview;
  const of = (examined: number) => (examined < items ? ` of the first ${examined} examined` : '');
  const partners = systems.filter(({ exposure, role }) => exposure === 'partner' && role !== 'observer');
  return [
    ...(promises.reachable ? [] : [promises.note]),
    ...(promises.durable === 'no' ? ['The destination does not keep messages over a restart.'] : []),
    ...(otherConsumers.length > 0
      ? [
          `${otherConsumers.join(', ')} read the same destination and see every message again, not ${exclusiveTo} alone.`,
        ]
      : []),
    ...(duplicates.count > 0
      ? [`${duplicates.count}${of(duplicates.examined)} have succeeded since; they will be skipped.`]
      : []),
    ...(superseded.count > 0
      ? [
          `${superseded.count}${of(superseded.examined)} are older than what their key has now; they will be skipped unless forced.`,
        ]
      : []),
    ...(outOfOrder && outOfOrder.count > 0
      ? [
          `${outOfOrder.count}${of(outOfOrder.examined)} come after an older message of their key that is not settled and not in this replay: replay that one first, or take it in.`,
        ]
      : []),
    ...(edit && edit.refused > 0
      ? [
          `The edit does not fit ${edit.refused} of the ${edit.examined} messages tried; those will be skipped.`,
        ]
      : []),
    ...(partners.length > 0
      ? [`Partners are reached: ${partners.map(({ title }) => title).join(', ')}.`]
      : []),
  ];
}
