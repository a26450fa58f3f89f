/** A business key names one business object across systems: `entity:id`, as in `order:SO-1001`. */
export interface BusinessKey {
  readonly entity: string;
  readonly id: string;
}

const keyPattern = /^([a-z][a-z0-9_]{0,62}):(.{1,200})$/su;

/** Reads `entity:id`; undefined when the text is not a key. The id may itself hold colons. */
export function parseBusinessKey(text: string): BusinessKey | undefined {
  const match = keyPattern.exec(text);
  const entity = match?.[1];
  const id = match?.[2]?.trim();
  return entity && id ? { entity, id } : undefined;
}

/** Writes a key in its one form, `entity:id`. */
export function formatBusinessKey(key: BusinessKey): string {
  return `${key.entity}:${key.id}`;
}
