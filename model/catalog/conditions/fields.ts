/** What a path may name in a result: a quantity with its dimension, or JSON of any shape below it. */
export type FieldType = 'number' | 'duration' | 'size' | 'text' | 'boolean' | 'json';
/** Path with dots → type. Below a `json` field any path may follow. */
export type Fields = Readonly<Record<string, FieldType>>;

/** Values by path with dots, as a probe found them; what it could not find is left out. Durations are in seconds. */
export type Values = Readonly<Record<string, unknown>>;

/** The field that a path names, and the steps below it; undefined when there is none. */
export function fieldOf(
  steps: readonly (string | number)[],
  fields: Readonly<Record<string, unknown>>,
): { readonly name: string; readonly below: readonly (string | number)[] } | undefined {
  for (let count = steps.length; count > 0; count -= 1) {
    const head = steps.slice(0, count);
    const name = head.join('.');
    if (head.every((step) => typeof step === 'string') && Object.hasOwn(fields, name)) {
      return { name, below: steps.slice(count) };
    }
  }
  return undefined;
}
