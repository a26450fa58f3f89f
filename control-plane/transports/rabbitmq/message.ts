import type { ConsumeMessage } from 'amqplib';
import { createHash } from 'node:crypto';
import { encodeHeaders } from '../../dead-letters/headers.ts';
import type { Arrival, Header } from '../port.ts';
import { readTable, shownAs, type Value } from './field-table.ts';
import { headerOf, isOfBroker, propertiesKept, typesHeader } from './properties.ts';

type Table = Readonly<Record<string, unknown>>;

/**
 * A message of a dead-letter queue as an arrival. `table` holds its headers as they stood on the wire: texts and byte
 * arrays are their bytes, anything else is shown as JSON and its own bytes are kept beside it.
 */
export function arrivalOf(message: ConsumeMessage, table: Buffer): Arrival {
  const typed: [string, string][] = [];
  const headers = readTable(table).map(({ name, value }): Header => {
    if (value.tag !== 'S' && !isOfBroker(name)) typed.push([name, kept(value)]);
    return [name, shownAs(value)];
  });
  for (const name of propertiesKept) {
    const value = message.properties[name] as unknown;
    if (typeof value === 'string' || typeof value === 'number')
      headers.push([headerOf(name), Buffer.from(String(value))]);
  }
  if (typed.length > 0) headers.push([typesHeader, Buffer.from(JSON.stringify(typed))]);
  const decoded: Table = message.properties.headers ?? {};
  const death = deathOf(decoded);
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
    originalDestination: death?.destination ?? null,
    failedAt: death?.at ?? null,
    reason: death?.reason ?? null,
    deliveries: death?.deliveries ?? null,
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
  /** Where it was sent: `exchange/routing.key`, or the queue behind the default exchange. */
  readonly destination: string | null;
  readonly routingKey: string | null;
  readonly reason: string | null;
  readonly at: Date | null;
  readonly deliveries: number | null;
}

/** The newest entry of x-death, which the broker keeps first. */
function deathOf(table: Table): Death | undefined {
  const deaths: unknown[] = Array.isArray(table['x-death']) ? table['x-death'] : [];
  const [newest] = deaths;
  if (!isTable(newest)) return undefined;
  const { queue, exchange, reason, time, 'routing-keys': keys } = newest;
  const key = textOf(Array.isArray(keys) ? keys[0] : undefined);
  const isDirect = exchange === '' || typeof exchange !== 'string' || key === null;
  return {
    destination: isDirect ? textOf(queue) : `${exchange}/${key}`,
    routingKey: key,
    reason: textOf(reason),
    at: instantOf(time),
    deliveries: deliveriesOf(deaths.filter(isTable), queue),
  };
}

/**
 * How often consumers of the queue gave it back, which the broker counts apart for each reason. Its x-delivery-count
 * is of the queue that is read here, so it says nothing of that.
 */
function deliveriesOf(deaths: readonly Table[], queue: unknown): number | null {
  const byConsumers = deaths.filter(
    (death) => death['queue'] === queue && /^(rejected|delivery_limit)$/.test(textOf(death['reason']) ?? ''),
  );
  const counts = byConsumers.map(({ count }) => Number(count)).filter((count) => Number.isSafeInteger(count));
  return counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0);
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null;
}

function instantOf(time: unknown): Date | null {
  const seconds: unknown = typeof time === 'object' && time !== null && 'value' in time ? time.value : time;
  const at = new Date(Number(seconds) * 1000);
  return Number.isNaN(at.getTime()) || at.getTime() <= 0 ? null : at;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** The tag, then the bytes in base64. */
function kept({ tag, bytes }: Value): string {
  return `${tag}${bytes.toString('base64')}`;
}
