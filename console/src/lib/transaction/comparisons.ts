import type { RecordComparison } from '../api-types.ts';

/** Where systems disagree first, then where several speak, then what one alone has said. */
export function sortComparisons(comparisons: readonly RecordComparison[]): RecordComparison[] {
  const differing = (one: RecordComparison) => one.fields.filter((field) => !field.agree).length;
  return comparisons.toSorted(
    (a, b) =>
      differing(b) - differing(a) || b.records.length - a.records.length || a.key.localeCompare(b.key),
  );
}
