import { createSchemaCompiler } from '@plumbline/model/catalog/entity-schemas.ts';
import type { Catalog, Flow } from '@plumbline/model/catalog/schema.ts';
import type { z } from 'zod';
import { decodeHeaders } from './headers.ts';
import { rulesOf } from './letter.ts';
import { dots, hidesHeader, maskJson, type MaskRules } from './mask.ts';
import { parseJson } from './pointer.ts';
import type { DetailRow } from './queries.ts';
import { hideQuotes } from './quotes.ts';
import { hasRepeatedNames } from './repeated-names.ts';
import type { BodyView, HeaderView } from './schemas.ts';

const shownBytesMax = 256 * 1024;
const schemaErrorsMax = 50;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Headers as a person may see them. @param secrets what of the message is hidden, which a header may quote */
export function viewHeaders(
  block: Buffer,
  rules: MaskRules,
  secrets: readonly string[],
): z.output<typeof HeaderView>[] {
  return decodeHeaders(block).map(([name, bytes]) => {
    if (hidesHeader(name, rules)) return { name, value: dots, encoding: 'utf8', masked: true };
    const { value, encoding } = textOf(bytes);
    const shown = encoding === 'utf8' ? hideQuotes(value, secrets) : value;
    return { name, value: shown, encoding, masked: shown !== value };
  });
}

/**
 * The body as a person may see it. A JSON body is parsed, masked and written anew, so it may be spaced otherwise than it
 * came; any other is shown as it is, and not at all when the catalog hides fields that cannot be found in it.
 */
export function viewBody(
  letter: DetailRow,
  catalog: Catalog,
  flow: Flow | undefined,
): z.output<typeof BodyView> {
  const rules = rulesOf(catalog, flow);
  const common = {
    contentType: letter.contentType,
    bytes: letter.bodyBytes,
    absent: letter.bodyAbsent,
    schemaErrors: schemaErrors(letter.body, catalog, flow),
  };
  const json = parseJson(letter.body);
  if (json !== undefined) {
    const { value, hidden } = maskJson(json, rules);
    const came = letter.body.toString('utf8');
    // Of a name that stands twice only the last was looked at: the text as it came could show the other.
    const isSafe = hidden.length === 0 && !(hides(rules) && hasRepeatedNames(came, json));
    const text = isSafe ? came : JSON.stringify(value, null, 2);
    return {
      ...common,
      encoding: 'utf8',
      text: text.slice(0, shownBytesMax),
      truncated: text.length > shownBytesMax,
      masked: [...hidden],
    };
  }
  if (letter.body.length > 0 && hides(rules))
    return { ...common, encoding: 'utf8', text: dots, truncated: false, masked: [''] };
  const { value, encoding } = textOf(letter.body.subarray(0, shownBytesMax));
  return { ...common, encoding, text: value, truncated: letter.body.length > shownBytesMax, masked: [] };
}

function hides(rules: MaskRules): boolean {
  return rules.names.size > 0 || rules.pointers.size > 0;
}

function textOf(bytes: Buffer): { value: string; encoding: 'utf8' | 'base64' } {
  try {
    return { value: utf8.decode(bytes), encoding: 'utf8' };
  } catch {
    return { value: bytes.toString('base64'), encoding: 'base64' };
  }
}

/** Where a body breaks the newest schema of its flow's entity. */
function schemaErrors(body: Buffer, catalog: Catalog, flow: Flow | undefined) {
  const schemas = catalog.entities.find(({ name }) => name === flow?.entity)?.schemas ?? {};
  const newest = Object.keys(schemas)
    .toSorted((a, b) => Number(a) - Number(b))
    .at(-1);
  const schema = newest === undefined ? undefined : schemas[newest];
  if (typeof schema !== 'object') return [];
  const json = parseJson(body);
  if (json === undefined) return [{ path: '', message: 'the body is not JSON in UTF-8' }];
  const compiler = createSchemaCompiler();
  compiler.opts.allErrors = true;
  const validate = compiler.compile(schema);
  if (validate(json)) return [];
  return (validate.errors ?? [])
    .slice(0, schemaErrorsMax)
    .map(({ instancePath, message }) => ({ path: instancePath, message: message ?? 'does not match' }));
}
