import { type CatalogError } from './catalog-error.ts';
import { type Declared, errorAt } from './parse-files.ts';
import { type Match, type MatchValue } from './schema.ts';

/** Comparisons of matches at most: beyond it, the search for doubtful pairs ends quietly. */
const comparisonsMax = 2_000_000;

/** What is allowed but probably not meant: ambiguous matches and shared attributes. */
export function findDoubts(declared: Declared): CatalogError[] {
  return [...overlappingMatches(declared.flows), ...sharedAttributes(declared.entities)];
}

/**
 * Whether a span could satisfy both. Attributes that only one of them asks for are taken as
 * satisfied, but one must ask for everything that the other asks: else they speak of different things.
 */
export function matchesOverlap(a: Match, b: Match): boolean {
  const [narrow, wide] = Object.keys(a).length >= Object.keys(b).length ? [a, b] : [b, a];
  return Object.entries(wide).every(([name, value]) => {
    const other = narrow[name];
    return other !== undefined && valuesOverlap(value, other);
  });
}

/** Whether one text can satisfy both globs. */
export function globsOverlap(a: string, b: string): boolean {
  // reach[j] says whether the rest of `a` after i and the rest of `b` after j can both match one text.
  let below: boolean[] = [];
  for (let i = a.length; i >= 0; i -= 1) {
    const row: boolean[] = [];
    for (let j = b.length; j >= 0; j -= 1) {
      const skipsA = a[i] === '*' && below[j] === true;
      const skipsB = b[j] === '*' && row[j + 1] === true;
      const starA = a[i] === '*' && j < b.length && row[j + 1] === true;
      const starB = b[j] === '*' && i < a.length && below[j] === true;
      const same = i < a.length && a[i] === b[j] && below[j + 1] === true;
      row[j] = (i === a.length && j === b.length) || skipsA || skipsB || starA || starB || same;
    }
    below = row;
  }
  return below[0] ?? false;
}

function valuesOverlap(a: MatchValue, b: MatchValue): boolean {
  return [a].flat().some((left) => [b].flat().some((right) => globsOverlap(left, right)));
}

function overlappingMatches(flows: Declared['flows']): CatalogError[] {
  const matches = flows.flatMap((flow) => flow.item.match.map((match, index) => ({ flow, match, index })));
  const warnings: CatalogError[] = [];
  let comparisons = 0;
  for (const [position, a] of matches.entries()) {
    for (const b of matches.slice(position + 1)) {
      comparisons += 1;
      if (comparisons > comparisonsMax) return warnings;
      if (a.flow === b.flow || !matchesOverlap(a.match, b.match)) continue;
      const message = `a span can match this and flow "${a.flow.item.name}" too, and counts on one of them only; narrow one`;
      warnings.push(errorAt(b.flow, ['match', b.index], message));
    }
  }
  return warnings;
}

function sharedAttributes(entities: Declared['entities']): CatalogError[] {
  const owners = new Map<string, string>();
  return entities.flatMap((located) =>
    located.item.attributes.flatMap((name, index) => {
      const owner = owners.get(name);
      owners.set(name, owner ?? located.item.name);
      if (owner === undefined || owner === located.item.name) return [];
      return [
        errorAt(
          located,
          ['attributes', index],
          `"${name}" names entity "${owner}" too; each value becomes two keys`,
        ),
      ];
    }),
  );
}
