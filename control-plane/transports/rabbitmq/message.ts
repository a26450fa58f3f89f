import { createHash } from 'node:crypto';
import type { ConsumeMessage, Options } from 'amqplib';
import { encodeHeaders } from '../../dead-letters/headers.ts';
import { firstHeader } from '../headers.ts';
import type { Arrival, Header, Outgoing } from '../port.ts';

/** Properties of AMQP that travel as headers with this prefix, so that they survive storing. */
const prefix = 'amqp.';
/** Header that remembers which values were no text: name → their JSON. Never sent. */
const typesHeader = 'amqp.types';
const propertiesKept = [
  'contentEncoding',
  'correlationId',
  'replyTo',
  'type',
  'appId',
  'priority',
  'timestamp',
] as const;

/** What the broker itself writes, which would count a replay with what was before; and who else got a copy. */
const ofBroker = /^(CC|BCC)$|^x-(death|delivery-count|(first|last)-death-(queue|exchange|reason))$/;

type Table = Readonly<Record<string, unknown>>;

/** A message of a dead-letter queue as an arrival. Text headers are their bytes; others their JSON, with their type kept. */
export function arrivalOf(message: ConsumeMessage): Arrival {
  const table: Table = message.properties.headers ?? {};
  const typed: Record<string, unknown> = {};
  const headers = Object.entries(table).map(([name, value]): Header => {
    if (typeof value === 'string') return [name, Buffer.from(value)];
    typed[name] = value;
    return [name, Buffer.from(JSON.stringify(value) ?? '')];
  });
  for (const name of propertiesKept) {
    const value = message.properties[name] as unknown;
    if (typeof value === 'string' || typeof value === 'number')
      headers.push([`${prefix}${kebab(name)}`, Buffer.from(String(value))]);
  }
  if (Object.keys(typed).length > 0) headers.push([typesHeader, Buffer.from(JSON.stringify(typed))]);
  const death = deathOf(table);
  const messageId: unknown = message.properties.messageId;
  const contentType: unknown = message.properties.contentType;
  const key = death?.routingKey ?? null;
  return {
    arrivalId: arrivalIdOf(message, headers),
    isFirstDelivery: !message.fields.redelivered,
    messageId: typeof messageId === 'string' && messageId !== '' ? messageId : null,
    body: message.content,
    headers,
    key: key === null ? null : Buffer.from(key),
    partition: null,
    contentType: typeof contentType === 'string' ? contentType : null,
    originalDestination: death?.queue ?? null,
    failedAt: death?.at ?? null,
    reason: death?.reason ?? null,
    deliveries: countOf(table['x-delivery-count']),
  };
}

/**
 * RabbitMQ has no position, so an arrival is named by all that it is: the same bytes again are the same arrival. Whoever
 * dies twice differs in what the broker or its consumer says of its death.
 */
function arrivalIdOf(message: ConsumeMessage, headers: readonly Header[]): string {
  // Quorum queues count deliveries in a header: it changes while the arrival stays the same.
  const stable = headers.filter(([name]) => name !== 'x-delivery-count' && name !== typesHeader);
  return createHash('sha256')
    .update(
      JSON.stringify([
        message.fields.exchange,
        message.fields.routingKey,
        message.properties.messageId ?? null,
      ]),
    )
    .update(encodeHeaders(stable))
    .update(message.content)
    .digest('hex');
}

interface Death {
  readonly queue: string | null;
  readonly routingKey: string | null;
  readonly reason: string | null;
  readonly at: Date | null;
}

/** The newest entry of x-death, which the broker keeps first. */
function deathOf(table: Table): Death | undefined {
  const entry: unknown = Array.isArray(table['x-death']) ? table['x-death'][0] : undefined;
  if (typeof entry !== 'object' || entry === null) return undefined;
  const { queue, reason, time, 'routing-keys': keys } = entry as Table;
  const key: unknown = Array.isArray(keys) ? keys[0] : undefined;
  return { queue: textOf(queue), routingKey: textOf(key), reason: textOf(reason), at: instantOf(time) };
}

function instantOf(time: unknown): Date | null {
  const seconds: unknown = typeof time === 'object' && time !== null && 'value' in time ? time.value : time;
  const at = new Date(Number(seconds) * 1000);
  return Number.isNaN(at.getTime()) || at.getTime() <= 0 ? null : at;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function countOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

/** The options to publish with: headers with their types, properties back in their places. */
export function publishOptions(outgoing: Outgoing): Options.Publish {
  const typed = readTypes(outgoing);
  const headers: Record<string, unknown> = {};
  for (const [name, value] of outgoing.headers) {
    if (name.startsWith(prefix) || ofBroker.test(name)) continue;
    headers[name] = Object.hasOwn(typed, name) ? typed[name] : value.toString('utf8');
  }
  const properties = Object.fromEntries(
    propertiesKept.flatMap((name) => {
      const text = firstHeader(outgoing.headers, [`${prefix}${kebab(name)}`])?.toString('utf8');
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

/** Why a message cannot be sent as it is; undefined when it can. */
export function unfit(outgoing: Outgoing): string | undefined {
  if (outgoing.body === null)
    return 'RabbitMQ has no message without a body; a Kafka tombstone cannot be sent there.';
  const names = new Set<string>();
  for (const [name, value] of outgoing.headers) {
    if (names.has(name)) return `The header ${name} stands twice, and AMQP knows each once.`;
    names.add(name);
    if (!Buffer.from(value.toString('utf8')).equals(value))
      return `The header ${name} is not UTF-8, and would arrive changed.`;
  }
  return undefined;
}

function readTypes(outgoing: Outgoing): Table {
  const text = firstHeader(outgoing.headers, [typesHeader])?.toString('utf8');
  if (text === undefined) return {};
  try {
    const types: unknown = JSON.parse(text);
    return typeof types === 'object' && types !== null ? (types as Table) : {};
  } catch {
    return {};
  }
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
