import type { Process } from '@plumbline/model/catalog/schema.ts';

const hopsMax = 3;

export interface Resolved {
  /** The process that the key belongs to; undefined when no run of any process is led by a linked key. */
  readonly process: Process | undefined;
  readonly lead: string | undefined;
  /** The lead key first, then every key of the run. */
  readonly keys: readonly string[];
}

/** Keys that were seen together with any of the given, as pairs. */
export type ReadLinks = (keys: readonly string[]) => Promise<{ key: string; linked: string }[]>;

/**
 * Finds the run that a key belongs to, and all its keys, by following links between the entities of one process.
 * The lead nearest to the key names the run; no other lead is passed through, so runs that share a thing stay apart.
 */
export async function resolveKeys(
  key: string,
  processes: readonly Process[],
  readLinks: ReadLinks,
  keysMax: number,
): Promise<Resolved> {
  const entity = entityOf(key);
  const candidates = processes
    .filter(({ entities, lead }) => lead === entity || entities.includes(entity))
    .toSorted((a, b) => Number(b.lead === entity) - Number(a.lead === entity));
  for (const process of candidates) {
    const lead = process.lead === entity ? key : await nearestLead(key, process, readLinks, keysMax);
    if (lead) return { process, lead, keys: await keysAround(lead, process, readLinks, keysMax) };
  }
  return { process: undefined, lead: undefined, keys: [key] };
}

async function nearestLead(
  key: string,
  process: Process,
  readLinks: ReadLinks,
  keysMax: number,
): Promise<string | undefined> {
  let found: string | undefined;
  await walk(key, process, readLinks, keysMax, (fresh) => {
    found ??= fresh.filter((one) => entityOf(one) === process.lead).sort()[0];
    return found === undefined;
  });
  return found;
}

async function keysAround(
  lead: string,
  process: Process,
  readLinks: ReadLinks,
  keysMax: number,
): Promise<string[]> {
  const keys = [lead];
  await walk(lead, process, readLinks, keysMax, (fresh) => {
    keys.push(...fresh.filter((one) => entityOf(one) !== process.lead));
    return true;
  });
  return keys.slice(0, keysMax);
}

/** Breadth first; `visit` gets the keys of each hop and says whether to go on. Other leads are seen, never left from. */
async function walk(
  start: string,
  process: Process,
  readLinks: ReadLinks,
  keysMax: number,
  visit: (fresh: string[]) => boolean,
): Promise<void> {
  const seen = new Set([start]);
  let edge = [start];
  for (let hop = 0; hop < hopsMax && edge.length > 0 && seen.size < keysMax; hop += 1) {
    const links = await readLinks(edge);
    const fresh = [...new Set(links.map(({ linked }) => linked))]
      .filter((linked) => !seen.has(linked) && process.entities.includes(entityOf(linked)))
      .slice(0, keysMax - seen.size);
    for (const linked of fresh) seen.add(linked);
    if (fresh.length === 0 || !visit(fresh)) return;
    edge = fresh.filter((linked) => entityOf(linked) !== process.lead);
  }
}

function entityOf(key: string): string {
  return key.slice(0, key.indexOf(':'));
}
