import { evaluatePath } from '@plumbline/model/catalog/conditions/evaluate.ts';
import type { Values } from '@plumbline/model/catalog/conditions/fields.ts';
import { parseCondition } from '@plumbline/model/catalog/conditions/parse.ts';

/** The value at a path such as `body.items[0].id`; undefined where there is none. */
export function readPath(path: string, values: Values): unknown {
  const parsed = parseCondition(path);
  return parsed.ok && parsed.root.type === 'path' ? evaluatePath(parsed.root, values) : undefined;
}
