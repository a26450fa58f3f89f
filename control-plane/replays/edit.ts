import { createHash } from 'node:crypto';
import { createSchemaCompiler } from '@plumbline/model/catalog/entity-schemas.ts';
import { canonicalJson } from '@plumbline/model/catalog/compile-catalog.ts';
import type { Catalog, Flow } from '@plumbline/model/catalog/schema.ts';
import { rulesOf } from '../dead-letters/letter.ts';
import { maskJson, type MaskRules } from '../dead-letters/mask.ts';
import { isTooDeep } from '../dead-letters/nesting.ts';
import { type Json, parseExact } from './exact-json.ts';
import { applyPatch, isSameAt, type Operation, touches, writtenBy } from './json-patch.ts';

export type Edited =
  | { readonly ok: true; readonly body: Buffer }
  | { readonly ok: false; readonly path: string; readonly message: string };

/** Makes the edit of a replay: the patch, then the entity's newest schema, on one body at a time. */
export type Editor = (body: Buffer | null) => Edited;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Fields that the flow's policy protects and the patch would write, as pointers. */
export function protectedBy(flow: Flow, patch: readonly Operation[]): string[] {
  return flow.replay.protectedFields.filter((field) =>
    patch.some((operation) => writtenBy(operation).some((pointer) => touches(pointer, field))),
  );
}

/**
 * Fields that the catalog hides and the patch would write, test or copy, as pointers: a patch and what a test of it says are
 * shown to everybody, and a copy would stand under a name that is not hidden.
 */
export function hiddenIn(rules: MaskRules, patch: readonly Operation[]): string[] {
  const isHidden = (pointer: string) =>
    pointer.split('/').some((step) => rules.names.has(stepName(step).toLowerCase())) ||
    [...rules.pointers].some((field) => touches(pointer, field));
  return patch.flatMap((operation) => [
    ...[operation.path, ...('from' in operation ? [operation.from] : [])].filter(isHidden),
    ...('value' in operation
      ? maskJson(operation.value, rules).hidden.map((inner) => `${operation.path}${inner}`)
      : []),
  ]);
}

function stepName(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** Prepares an edit; the schema is compiled once for all bodies. */
export function createEditor(catalog: Catalog, flow: Flow, patch: readonly Operation[]): Editor {
  const validate = newestSchema(catalog, flow);
  const untouchable = [...flow.replay.protectedFields, ...rulesOf(catalog, flow).pointers];
  return (body) => {
    const document = body === null ? undefined : parse(body);
    if (document === undefined) return { ok: false, path: '', message: 'the body is not JSON in UTF-8' };
    const patched = applyPatch(document, patch);
    if (!patched.ok) return patched;
    const touched = untouchable.find((field) => !isSameAt(document, patched.document, field));
    if (touched !== undefined)
      return {
        ok: false,
        path: touched,
        message: 'it is protected or hidden, and the patch would change it',
      };
    const text = JSON.stringify(patched.document);
    const fault = validate?.(JSON.parse(text));
    if (fault) return { ok: false, ...fault };
    return { ok: true, body: Buffer.from(text) };
  };
}

/** Id of an edited message: the same original and edit always give the same id, so sending it twice is one message. */
export function editedMessageId(messageId: string, patch: readonly Operation[]): string {
  const hash = createHash('sha256').update(messageId).update('\0').update(canonicalJson(patch)).digest('hex');
  return `edit-${hash.slice(0, 40)}`;
}

function newestSchema(catalog: Catalog, flow: Flow) {
  const schemas = catalog.entities.find(({ name }) => name === flow.entity)?.schemas ?? {};
  const newest = Object.keys(schemas)
    .toSorted((a, b) => Number(a) - Number(b))
    .at(-1);
  const schema = newest === undefined ? undefined : schemas[newest];
  if (typeof schema !== 'object') return undefined;
  const validate = createSchemaCompiler().compile(schema);
  return (value: unknown) => {
    if (validate(value)) return undefined;
    const error = validate.errors?.[0];
    return {
      path: error?.instancePath ?? '',
      message: `schema ${newest}: ${error?.message ?? 'does not match'}`,
    };
  };
}

function parse(body: Buffer): Json | undefined {
  try {
    const document = parseExact(utf8.decode(body));
    return isTooDeep(document) ? undefined : document;
  } catch {
    return undefined;
  }
}
