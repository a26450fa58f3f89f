import type { PatchOperation } from '../api-types.ts';
import { editOf, untouchable } from './json-edit.ts';
import { parseTree, pointerStep, printTree, type JsonNode } from './json-tree.ts';

export interface Change {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** What has become of a body under the hands of whoever edits it. */
export type Draft =
  | { readonly kind: 'same' }
  | { readonly kind: 'wrong'; readonly sentence: string }
  | { readonly kind: 'changed'; readonly patch: PatchOperation[]; readonly changes: Change[] };

const changesMax = 100;

/** Reads an edited text against the one before. `protectedFields` are pointers that must stay as they are. */
export function draftOf(before: string, text: string, protectedFields: readonly string[]): Draft {
  const [old, now] = [parseTree(before), parseTree(text)];
  if (!old.ok) return { kind: 'wrong', sentence: 'The body is not JSON, so it cannot be edited here.' };
  if (!now.ok) return { kind: 'wrong', sentence: `Line ${now.line} is not JSON: ${now.message}` };
  const edit = editOf(old.root, now.root);
  if (!edit.ok) return { kind: 'wrong', sentence: `${edit.path}: ${edit.message}` };
  if (edit.patch.length === 0) return { kind: 'same' };
  if (edit.patch.length > changesMax)
    return {
      kind: 'wrong',
      sentence: `An edit may hold ${changesMax} changes; this has ${edit.patch.length}.`,
    };
  const touched = untouchable(edit.patch, protectedFields);
  if (touched.length > 0)
    return {
      kind: 'wrong',
      sentence: `${touched.join(', ')} must stay as it is: it is protected or masked.`,
    };
  return { kind: 'changed', patch: edit.patch, changes: edit.patch.map((one) => changeOf(one, old.root)) };
}

function changeOf(operation: PatchOperation, old: JsonNode): Change {
  const was = operation.op === 'add' ? undefined : find(old, operation.path);
  return {
    path: operation.path,
    before: was && printTree(was),
    after: 'value' in operation ? JSON.stringify(operation.value, null, 2) : undefined,
  };
}

/** The value at a pointer. */
function find(node: JsonNode, pointer: string, at = ''): JsonNode | undefined {
  if (pointer === at) return node;
  const children =
    node.kind === 'object'
      ? node.entries.map(([name, value]) => [at + pointerStep(name), value] as const)
      : node.kind === 'array'
        ? node.items.map((value, index) => [at + pointerStep(index), value] as const)
        : [];
  const next = children.find(([path]) => pointer === path || pointer.startsWith(`${path}/`));
  return next && find(next[1], pointer, next[0]);
}
