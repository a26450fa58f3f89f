import type { Catalog } from '../../catalog/schema.ts';
import { attribute } from '../../telemetry/attributes.ts';
import { quote, quoteAll } from './sql-text.ts';

/** A span or log that names more objects than this is cut: no row may grow without bound. */
const keysMax = 50;

/** Above this many keys on one span or log, only the first is linked with the others. */
const keysLinkedMax = 12;

/**
 * SQL for the distinct business keys of several attribute maps and arrays of maps, each given as SQL, in that order.
 * One walk over all maps: the engine takes longer to understand an expression that repeats itself than to run it.
 */
export function keysOf(catalog: Catalog, maps: readonly string[], mapArrays: readonly string[]): string {
  const single = `[${maps.join(', ')}]`;
  const all = mapArrays.length === 0 ? single : `arrayConcat(${[single, ...mapArrays].join(', ')})`;
  const prefixes = prefixByAttribute(catalog);
  const named = `mapFilter((a, v) -> a IN (${[...prefixes.keys()].map(quote).join(', ')}), m)`;
  const prefix = `transform(a, ${quoteAll([...prefixes.keys()])}, ${quoteAll([...prefixes.values()])}, '')`;
  const keys = `arrayMap((a, v) -> arrayMap(i -> concat(${prefix}, i), ${textList('v')}), mapKeys(m), mapValues(m))`;
  const said = `arrayFlatten(arrayMap(m -> ${keys}, arrayMap(m -> ${named}, ${all})))`;
  return `arraySlice(arrayDistinct(arrayFilter(k -> ${isKey('k')}, arrayMap(k -> ${trimmed('k')}, ${said}))), 1, ${keysMax})`;
}

/** SQL for the part of a key before its colon. */
export function entityOf(key: string): string {
  return `substring(${key}, 1, position(${key}, ':') - 1)`;
}

/** SQL for the part of a key after its first colon. */
export function idOf(key: string): string {
  return `substring(${key}, position(${key}, ':') + 1)`;
}

/**
 * SQL for those keys of a span or log that can link it to others. Only entities of some process join:
 * a customer or a product would glue all its transactions together.
 */
export function joiningKeys(catalog: Catalog, keys: string): string {
  const entities = [...new Set(catalog.processes.flatMap((process) => process.entities))].sort();
  return `arrayFilter(k -> has(${quoteAll(entities)}, ${entityOf('k')}), ${keys})`;
}

/** SQL for whether two different keys out of `joined` are linked: all are, or only with the first of too many. */
export function arePaired(one: string, other: string, joined: string): string {
  return `${one} != ${other} AND (length(${joined}) <= ${keysLinkedMax} OR ${joined}[1] IN (${one}, ${other}))`;
}

/** SQL for the catalog's system of a service; a service that no system claims speaks for itself. */
export function systemOf(catalog: Catalog, service: string): string {
  const systems = catalog.systems.flatMap((system) =>
    (system.services ?? [system.name]).map((name) => ({ service: name, system: system.name })),
  );
  const renamed = systems.filter((each) => each.service !== each.system);
  if (renamed.length === 0) return service;
  const from = quoteAll(renamed.map((each) => each.service));
  return `transform(${service}, ${from}, ${quoteAll(renamed.map((each) => each.system))}, ${service})`;
}

/** What stands before the ids of an attribute: nothing where whole keys are said. */
function prefixByAttribute(catalog: Catalog): Map<string, string> {
  const prefixes = new Map([[attribute.businessKey as string, '']]);
  for (const entity of catalog.entities) {
    for (const name of entity.attributes) if (!prefixes.has(name)) prefixes.set(name, `${entity.name}:`);
  }
  return prefixes;
}

/** An attribute that is an array arrives as JSON text; a single text stands for an array of one. */
function textList(text: string): string {
  return (
    `multiIf(${text} = '', emptyArrayString(), startsWith(${text}, '['), ` +
    `JSONExtract(${text}, 'Array(String)'), [${text}])`
  );
}

function isKey(key: string): string {
  return `match(${key}, '^[a-z][a-z0-9_]{0,62}:') AND (lengthUTF8(${key}) - position(${key}, ':')) BETWEEN 1 AND 200`;
}

function trimmed(key: string): string {
  return `if(position(${key}, ' ') = 0, ${key}, concat(substring(${key}, 1, position(${key}, ':')), trimBoth(${idOf(key)})))`;
}
