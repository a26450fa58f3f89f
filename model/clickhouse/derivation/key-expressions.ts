import type { Catalog } from '../../catalog/schema.ts';
import { attribute } from '../../telemetry/attributes.ts';
import { quote, quoteAll } from './sql-text.ts';

/** A span or log that names more objects than this is cut: no row may grow without bound. */
const keysMax = 50;

/** Above this many keys on one span or log, only the first is linked with the others. */
const keysLinkedMax = 12;

/** SQL for the distinct business keys of several attribute maps, each given as SQL, in that order. */
export function keysOf(catalog: Catalog, maps: readonly string[], mapArrays: readonly string[]): string {
  const parts = maps.flatMap((map) => keyParts(catalog, map));
  for (const array of mapArrays) {
    const inner = keyParts(catalog, 'm');
    const each = inner.length === 1 ? inner[0] : `arrayConcat(${inner.join(', ')})`;
    parts.push(`if(empty(${array}), emptyArrayString(), arrayFlatten(arrayMap(m -> ${each}, ${array})))`);
  }
  const all = parts.length === 1 ? parts[0] : `arrayConcat(${parts.join(', ')})`;
  return `arraySlice(arrayDistinct(arrayFilter(k -> ${isKey('k')}, arrayMap(k -> ${trimmed('k')}, ${all}))), 1, ${keysMax})`;
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

function keyParts(catalog: Catalog, map: string): string[] {
  const parts = [textList(`${map}[${quote(attribute.businessKey)}]`)];
  const mapped = new Map<string, string>();
  for (const entity of catalog.entities) {
    for (const name of entity.attributes) if (!mapped.has(name)) mapped.set(name, `${entity.name}:`);
  }
  if (mapped.size > 0) parts.push(mappedKeys(mapped, map));
  return parts;
}

function mappedKeys(prefixByAttribute: ReadonlyMap<string, string>, map: string): string {
  const names = [...prefixByAttribute.keys()];
  const prefix = `transform(a, ${quoteAll(names)}, ${quoteAll([...prefixByAttribute.values()])}, '')`;
  const filtered = `mapFilter((a, v) -> a IN (${names.map(quote).join(', ')}), ${map})`;
  const keys = `arrayMap((a, v) -> arrayMap(i -> concat(${prefix}, i), ${textList('v')}), mapKeys(f), mapValues(f))`;
  return `arrayFlatten(arrayFlatten(arrayMap(f -> ${keys}, [${filtered}])))`;
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
