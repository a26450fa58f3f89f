import { TextRef, type IdRef } from '../row-fields.ts';
import type { JsonReader } from './reader.ts';

const text = new TextRef();

/** Reads a trace or span id in hex digits of either case. */
export function readId(reader: JsonReader, into: IdRef): void {
  reader.readText(text);
  into.setHex(text.source, text.from, text.to);
}
