import type { Entity } from '@plumbline/model/catalog/schema.ts';

const idsMax = 20;
const prefixesMax = 10;
/** Text at the start of a pattern that stands for itself: `SO-` of `SO-\d{8}`. */
const literalStart = /^\^?((?:[A-Za-z0-9_-](?![?*+{|]))+)/;

/**
 * What ids may begin with that a bare number is the beginning of: `SO-10` of `10`. Only numbers are completed: the
 * beginning of a word would find the ids of all entities.
 */
export function idPrefixes(text: string, entities: readonly Pick<Entity, 'idPattern'>[]): string[] {
  if (!/^\d{2,}(?:-\d*)*$/.test(text)) return [];
  const starts = entities.map(({ idPattern = '' }) => literalStart.exec(idPattern)?.[1] ?? '');
  const wanted = starts.filter((start, at) => start !== '' && !entities[at]?.idPattern?.includes('|'));
  return [...new Set(wanted)].slice(0, prefixesMax).map((start) => start + text);
}

/**
 * Whole ids that a bare number may stand for: where an entity's pattern begins with fixed text, as in `SO-\d{8}`, that
 * text is put before the number, and kept when the pattern then matches.
 */
export function wholeIds(text: string, entities: readonly Pick<Entity, 'idPattern'>[]): string[] {
  const found = new Set<string>();
  for (const { idPattern } of entities) {
    if (idPattern === undefined || found.size >= idsMax || idPattern.includes('|')) continue;
    const start = literalStart.exec(idPattern)?.[1];
    if (start === undefined || text.startsWith(start)) continue;
    if (new RegExp(`^(?:${idPattern})$`).test(start + text)) found.add(start + text);
  }
  return [...found];
}
