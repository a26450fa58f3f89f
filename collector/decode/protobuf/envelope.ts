import type { RequestContext } from '../request-context.ts';
import { addSharedAttribute } from './attributes.ts';
import { Ranges, wireBytes, wireVarint, type Wire } from './wire.ts';

/** Reads the scope's items: called once per ScopeSpans, ScopeLogs or ScopeMetrics with the ranges of its items. */
export type ReadItems = (wire: Wire, items: Ranges, context: RequestContext) => void;

/**
 * Walks request → resource → scope, which traces, logs and metrics have in common (the same field numbers), and
 * hands the items of each scope over. Fields may come in any order, so items wait until their resource is known.
 */
export function readEnvelope(wire: Wire, context: RequestContext, readItems: ReadItems): void {
  const items = new Ranges();
  const scopes = new Ranges();
  while (wire.next()) {
    if (wire.field !== 1 || wire.wire !== wireBytes) {
      wire.skip();
      continue;
    }
    const to = wire.lengthEnd();
    const outer = wire.end;
    wire.end = to;
    readResourceItems(wire, context, scopes);
    for (let index = 0; index < scopes.count; index++) {
      scopes.visit(wire, index);
      readScopeItems(wire, context, items);
      readItems(wire, items, context);
    }
    wire.visit(to, outer);
  }
}

function readResourceItems(wire: Wire, context: RequestContext, scopes: Ranges): void {
  context.startResource();
  scopes.clear();
  while (wire.next()) {
    if (wire.wire !== wireBytes) wire.skip();
    else if (wire.field === 1) readResource(wire, context);
    else if (wire.field === 2) scopes.add(wire);
    else if (wire.field === 3) {
      const to = wire.lengthEnd();
      context.resourceSchemaUrl.set(wire.buffer, wire.at, to);
      wire.at = to;
    } else wire.skip();
  }
}

function readResource(wire: Wire, context: RequestContext): void {
  const to = wire.lengthEnd();
  const outer = wire.end;
  wire.end = to;
  while (wire.next()) {
    if (wire.field === 1 && wire.wire === wireBytes) addSharedAttribute(wire, context.resource, context);
    else wire.skip();
  }
  wire.visit(to, outer);
}

function readScopeItems(wire: Wire, context: RequestContext, items: Ranges): void {
  context.startScope();
  items.clear();
  while (wire.next()) {
    if (wire.wire !== wireBytes) wire.skip();
    else if (wire.field === 1) readScope(wire, context);
    else if (wire.field === 2) items.add(wire);
    else if (wire.field === 3) {
      const to = wire.lengthEnd();
      context.scopeSchemaUrl.set(wire.buffer, wire.at, to);
      wire.at = to;
    } else wire.skip();
  }
}

function readScope(wire: Wire, context: RequestContext): void {
  const scopeEnd = wire.lengthEnd();
  const outer = wire.end;
  wire.end = scopeEnd;
  while (wire.next()) {
    if (wire.field === 3 && wire.wire === wireBytes) addSharedAttribute(wire, context.scope, context);
    else if (wire.field === 4 && wire.wire === wireVarint) context.scopeDroppedAttributes = wire.varint32();
    else if (wire.wire === wireBytes && wire.field <= 2) {
      const to = wire.lengthEnd();
      (wire.field === 1 ? context.scopeName : context.scopeVersion).set(wire.buffer, wire.at, to);
      wire.at = to;
    } else wire.skip();
  }
  wire.visit(scopeEnd, outer);
}
