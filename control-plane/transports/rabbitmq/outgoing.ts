import type { Options } from 'amqplib';
import { z } from 'zod';
import { firstHeader } from '../headers.ts';
import type { Outgoing } from '../port.ts';
import { editedTo, rawName, readTable, shownAs, textValue, toAmqplib, type Value } from './field-table.ts';
import { headerOf, isOfBroker, isSent, propertiesKept, typesHeader } from './properties.ts';

/** Longest text of AMQP that has one byte for its length: names of headers, and properties. */
const shortBytesMax = 255;
const Types = z.array(z.tuple([z.string(), z.string()])).max(1000);

/** The options to publish with: headers with their types, properties back in their places. */
export function publishOptions(outgoing: Outgoing): Options.Publish {
  const typed = readTypes(outgoing);
  // Without a prototype no name of a header means anything else.
  const headers = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of outgoing.headers)
    if (isSent(name)) headers[name] = fieldOf(value, typed.get(name));
  const properties = Object.fromEntries(
    propertiesKept.flatMap((name) => {
      const text = propertyOf(outgoing, name);
      if (text === undefined) return [];
      return [[name, name === 'priority' || name === 'timestamp' ? Number(text) : text] as const];
    }),
  );
  return {
    ...properties,
    ...(outgoing.contentType === null ? {} : { contentType: outgoing.contentType }),
    persistent: true,
    mandatory: true,
    messageId: outgoing.messageId,
    headers,
  };
}

/** What somebody wrote in the place of a value wins over it. */
function fieldOf(shown: Buffer, keptValue: string | undefined): unknown {
  const value = keptValue === undefined ? undefined : valueOf(keptValue);
  if (!value) return textValue(shown);
  return shownAs(value).equals(shown) ? toAmqplib(value) : editedTo(value.tag, shown);
}

/** Why a message cannot be sent as it is; undefined when it can. */
export function unfit(outgoing: Outgoing): string | undefined {
  if (outgoing.body === null)
    return 'RabbitMQ has no message without a body; a Kafka tombstone cannot be sent there.';
  const typed = readTypes(outgoing);
  const names = new Set<string>();
  for (const [name, value] of outgoing.headers) {
    if (names.has(name)) return `The header ${name} stands twice, and AMQP knows each once.`;
    names.add(name);
    if (isOfBroker(name)) continue;
    if (name.startsWith(rawName))
      return `A header has a name that is no UTF-8, which cannot be written (${name}).`;
    if (Buffer.byteLength(name) > shortBytesMax)
      return `The name of the header ${name} is longer than AMQP allows.`;
    if (isSent(name) && fieldOf(value, typed.get(name)) === undefined)
      return `The header ${name} has a value that cannot be written again byte for byte.`;
  }
  for (const text of [
    outgoing.messageId,
    outgoing.contentType ?? '',
    ...propertiesKept.map((name) => propertyOf(outgoing, name) ?? ''),
  ])
    if (Buffer.byteLength(text) > shortBytesMax)
      return `A property is longer than the ${shortBytesMax} bytes that AMQP allows: ${text.slice(0, 50)}…`;
  return undefined;
}

function propertyOf(outgoing: Outgoing, name: (typeof propertiesKept)[number]): string | undefined {
  return firstHeader(outgoing.headers, [headerOf(name)])?.toString('utf8');
}

/** Undefined: it is none, so the header is a text. */
function valueOf(text: string): Value | undefined {
  const name = Buffer.from('?');
  const table = Buffer.concat([
    Buffer.from([name.length]),
    name,
    Buffer.from(text.slice(0, 1), 'latin1'),
    Buffer.from(text.slice(1), 'base64'),
  ]);
  try {
    const fields = readTable(table);
    return fields.length === 1 ? fields[0]?.value : undefined;
  } catch {
    return undefined;
  }
}

function readTypes(outgoing: Outgoing): ReadonlyMap<string, string> {
  const text = firstHeader(outgoing.headers, [typesHeader])?.toString('utf8');
  try {
    return new Map(text === undefined ? [] : Types.parse(JSON.parse(text)));
  } catch {
    return new Map();
  }
}
