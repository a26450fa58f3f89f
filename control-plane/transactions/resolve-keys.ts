import type { Process } from '@plumbline/model/catalog/schema.ts';

const hopsMax = 3;

export interface Resolved {
  /** The process that the key belongs to; undefined when no run of any process is led by a linked key. */
  readonly process: Process | undefined;
  readonly lead: string | undefined;
  /** The lead key first, then every key of the run. */
  readonly keys: readonly string[];
}

export interface Lead {
  readonly process: Process;
  readonly key: string;
}

/** Keys that were seen together with any of the given, as pairs. */
export type ReadLinks = (keys: readonly string[]) => Promise<{ key: string; linked: string }[]>;

/** Finds the run that a key belongs to, and all its keys, by following links between the entities of one process. */
export async function resolveKeys(
  key: string,
  processes: readonly Process[],
  readLinks: ReadLinks,
  keysMax: number,
): Promise<Resolved> {
  const lead = (await findLeads([key], processes, readLinks, keysMax)).get(key)?.[0];
  if (!lead) return { process: undefined, lead: undefined, keys: [key] };
  const keys = await keysOfRun(lead, readLinks, keysMax);
  // A key at the edge of what is followed is part of the page that it asked for all the same.
  return {
    process: lead.process,
    lead: lead.key,
    keys: keys.includes(key) ? keys : [...keys.slice(0, keysMax - 1), key],
  };
}

/**
 * The runs that each key belongs to, those of the nearest lead keys within three hops: one as a rule, several when a
 * number was used twice. All keys are followed together,
 * so many cost as many queries as one. A process that the key leads goes before one that it only takes part in.
 */
export async function findLeads(
  keys: readonly string[],
  processes: readonly Process[],
  readLinks: ReadLinks,
  keysMax: number,
): Promise<Map<string, readonly Lead[]>> {
  const found = new Map<string, readonly Lead[]>();
  for (const key of keys) {
    const own = processes.find(({ lead }) => lead === entityOf(key));
    if (own) found.set(key, [{ process: own, key }]);
  }
  const open = keys.filter((key) => !found.has(key));
  const byProcess = await Promise.all(
    processes.map((process) =>
      nearestLeads(
        open.filter((key) => process.entities.includes(entityOf(key))),
        process,
        readLinks,
        keysMax,
      ),
    ),
  );
  for (const [at, process] of processes.entries()) {
    for (const [key, leads] of byProcess[at] ?? []) {
      if (found.has(key)) continue;
      found.set(
        key,
        leads.map((lead) => ({ process, key: lead })),
      );
    }
  }
  return found;
}

interface Search {
  readonly start: string;
  readonly seen: Set<string>;
  edge: string[];
}

async function nearestLeads(
  starts: readonly string[],
  process: Process,
  readLinks: ReadLinks,
  keysMax: number,
): Promise<Map<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  let searches: Search[] = starts.map((start) => ({ start, seen: new Set([start]), edge: [start] }));
  for (let hop = 0; hop < hopsMax && searches.length > 0; hop += 1) {
    const edges = [...new Set(searches.flatMap(({ edge }) => edge))].slice(0, keysMax);
    const linked = linksByKey(await readLinks(edges), process);
    for (const search of searches) {
      search.edge = stepFrom(search.edge, linked, search.seen, keysMax);
      const leads = search.edge.filter((key) => entityOf(key) === process.lead).sort();
      if (leads.length > 0) found.set(search.start, leads);
    }
    searches = searches.filter(({ start, edge }) => !found.has(start) && edge.length > 0);
  }
  return found;
}

/**
 * Every key of a run, its lead first. Other leads are never passed through. A key further away that stands directly
 * with other leads, but not with this one, is of their runs: a ledger entry for a whole day must not join its orders.
 */
async function keysOfRun(lead: Lead, readLinks: ReadLinks, keysMax: number): Promise<string[]> {
  const { process } = lead;
  const kept = [lead.key];
  const seen = new Set(kept);
  let edge = kept;
  for (let hop = 0; hop <= hopsMax && edge.length > 0; hop += 1) {
    const linked = linksByKey(await readLinks(edge), process);
    const own = hop <= 1 ? edge : edge.filter((key) => !isForeign(linked.get(key) ?? [], lead));
    if (hop > 0) kept.push(...own);
    if (hop === hopsMax) break;
    edge = stepFrom(own, linked, seen, keysMax).filter((key) => entityOf(key) !== process.lead);
  }
  return kept;
}

function isForeign(linked: readonly string[], lead: Lead): boolean {
  const leads = linked.filter((key) => entityOf(key) === lead.process.lead);
  return leads.length > 0 && !leads.includes(lead.key);
}

function linksByKey(
  links: readonly { key: string; linked: string }[],
  process: Process,
): Map<string, string[]> {
  const linked = new Map<string, string[]>();
  for (const link of links) {
    const entity = entityOf(link.linked);
    if (entity !== process.lead && !process.entities.includes(entity)) continue;
    const known = linked.get(link.key);
    if (known) known.push(link.linked);
    else linked.set(link.key, [link.linked]);
  }
  return linked;
}

/** Keys one hop away that were not seen yet; marks them as seen. */
function stepFrom(
  edge: readonly string[],
  linked: ReadonlyMap<string, readonly string[]>,
  seen: Set<string>,
  keysMax: number,
): string[] {
  const fresh = [...new Set(edge.flatMap((key) => linked.get(key) ?? []))]
    .filter((key) => !seen.has(key))
    .slice(0, Math.max(0, keysMax - seen.size));
  for (const key of fresh) seen.add(key);
  return fresh;
}

function entityOf(key: string): string {
  return key.slice(0, key.indexOf(':'));
}
