import type { SharedText } from '../low-cardinality.ts';
import type { RequestContext } from '../request-context.ts';
import { TextRef } from '../row-fields.ts';
import { KeyTable } from './key-table.ts';
import { JsonReader } from './reader.ts';
import { addAttributes } from './values.ts';

/** The names that traces, logs and metrics give to the same three levels. */
export interface EnvelopeNames {
  readonly request: KeyTable<string>;
  readonly resource: KeyTable<string>;
  readonly scope: KeyTable<string>;
  /** Rows hold no schema URLs, so items need not wait for those that follow them. */
  readonly ignoresSchemaUrls: boolean;
}

export function envelopeNames(
  resources: string,
  scopes: string,
  items: string,
  ignoresSchemaUrls: boolean,
): EnvelopeNames {
  return {
    request: new KeyTable([resources]),
    resource: new KeyTable(['resource', 'schemaUrl', scopes]),
    scope: new KeyTable(['scope', 'schemaUrl', items]),
    ignoresSchemaUrls,
  };
}

export type ReadItem = (reader: JsonReader, context: RequestContext) => void;

const attributesKeys = new KeyTable(['attributes']);
const scopeKeys = new KeyTable(['name', 'version', 'attributes', 'droppedAttributesCount']);
const text = new TextRef();

/**
 * Walks request → resource → scope and calls `readItem` for each item. Members may come in any order: items that stand
 * before the resource or scope they belong to are passed over and visited afterwards.
 */
export function readEnvelope(
  body: Buffer,
  names: EnvelopeNames,
  context: RequestContext,
  readItem: ReadItem,
): void {
  // OTLP clients send an empty body for an empty request.
  if (body.length === 0) return;
  const reader = new JsonReader(body);
  if (!reader.openObject()) reader.malformed();
  for (;;) {
    const name = reader.nextMember(names.request);
    if (name === undefined) break;
    if (name === '') reader.skip();
    else eachElement(reader, () => readResourceItems(reader, names, context, readItem));
  }
  reader.finish();
}

function eachElement(reader: JsonReader, visit: () => void): void {
  if (!reader.openArray()) return;
  while (reader.nextElement()) visit();
}

function readResourceItems(
  reader: JsonReader,
  names: EnvelopeNames,
  context: RequestContext,
  readItem: ReadItem,
): void {
  context.startResource();
  let isKnown = false;
  const visit = (): void => eachElement(reader, () => readScopeItems(reader, names, context, readItem));
  readLevel(
    reader,
    names.resource,
    names.ignoresSchemaUrls,
    () => isKnown,
    visit,
    (name) => {
      if (name === 'schemaUrl') return readShared(reader, context.resourceSchemaUrl);
      isKnown = true;
      readResource(reader, context);
    },
  );
}

function readScopeItems(
  reader: JsonReader,
  names: EnvelopeNames,
  context: RequestContext,
  readItem: ReadItem,
): void {
  context.startScope();
  let isKnown = false;
  const visit = (): void => eachElement(reader, () => readItem(reader, context));
  readLevel(
    reader,
    names.scope,
    names.ignoresSchemaUrls,
    () => isKnown,
    visit,
    (name) => {
      if (name === 'schemaUrl') return readShared(reader, context.scopeSchemaUrl);
      isKnown = true;
      readScope(reader, context);
    },
  );
}

/** Reads one level: its own members at once, the list below it when it is certain that nothing more is to be known. */
function readLevel(
  reader: JsonReader,
  keys: KeyTable<string>,
  ignoresSchemaUrls: boolean,
  isKnown: () => boolean,
  visitList: () => void,
  readOwn: (name: 'resource' | 'scope' | 'schemaUrl') => void,
): void {
  const postponed: number[] = [];
  if (!reader.openObject()) return;
  for (;;) {
    const name = reader.nextMember(keys);
    if (name === undefined) break;
    if (name === 'resource' || name === 'scope' || name === 'schemaUrl') readOwn(name);
    else if (name !== '' && ignoresSchemaUrls && isKnown()) visitList();
    else {
      if (name !== '') postponed.push(reader.at);
      reader.skip();
    }
  }
  for (const at of postponed) reader.visit(at, visitList);
}

function readShared(reader: JsonReader, into: SharedText): void {
  reader.readText(text);
  into.set(text.source, text.from, text.to);
}

function readResource(reader: JsonReader, context: RequestContext): void {
  if (!reader.openObject()) return;
  for (;;) {
    const name = reader.nextMember(attributesKeys);
    if (name === undefined) return;
    if (name === 'attributes') addAttributes(reader, context.resource, context);
    else reader.skip();
  }
}

function readScope(reader: JsonReader, context: RequestContext): void {
  if (!reader.openObject()) return;
  for (;;) {
    const name = reader.nextMember(scopeKeys);
    if (name === undefined) return;
    if (name === 'attributes') addAttributes(reader, context.scope);
    else if (name === 'droppedAttributesCount') context.scopeDroppedAttributes = reader.readInteger();
    else if (name === '') reader.skip();
    else readShared(reader, name === 'name' ? context.scopeName : context.scopeVersion);
  }
}
