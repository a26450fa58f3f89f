/** Deeper than any message of a business; far below where recursion over it would end the stack. */
const depthMax = 500;

/** Whether lists and objects stand in each other deeper than anything here walks. Does not recurse itself. */
export function isTooDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > depthMax) return true;
    level = level.flatMap((one) =>
      typeof one === 'object' && one !== null ? (Object.values(one) as unknown[]) : [],
    );
  }
  return false;
}
