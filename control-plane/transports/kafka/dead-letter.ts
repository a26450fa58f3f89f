import type { Arrival, Header } from '../port.ts';
import { firstHeader, lastHeader } from '../headers.ts';

/** A record of a dead-letter topic as the client hands it over. */
export interface KafkaRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly timestamp: bigint;
  readonly key: Buffer | null | undefined;
  readonly value: Buffer | null | undefined;
  readonly headerEntries: readonly (readonly [Buffer | null | undefined, Buffer | null | undefined])[];
}

/**
 * Where each convention writes a fact: Spring Kafka's recoverer and its retry topics, Kafka Connect, Spring Cloud
 * Stream and those who follow it, SmallRye (Quarkus).
 */
const names = {
  topic: [
    'kafka_dlt-original-topic',
    'kafka_original-topic',
    '__connect.errors.topic',
    'x-original-topic',
    'dead-letter-topic',
  ],
  partition: [
    'kafka_dlt-original-partition',
    'kafka_original-partition',
    '__connect.errors.partition',
    'x-original-partition',
    'dead-letter-partition',
  ],
  exception: [
    'kafka_dlt-exception-cause-fqcn',
    'kafka_dlt-exception-fqcn',
    'kafka_dlt-value-exception-fqcn',
    'kafka_dlt-key-exception-fqcn',
    'kafka_exception-cause-fqcn',
    'kafka_exception-fqcn',
    '__connect.errors.exception.class.name',
    'x-exception-fqcn',
    'dead-letter-exception-class-name',
  ],
  message: [
    'kafka_dlt-exception-message',
    'kafka_dlt-value-exception-message',
    'kafka_dlt-key-exception-message',
    'kafka_exception-message',
    '__connect.errors.exception.message',
    'x-exception-message',
    'dead-letter-reason',
  ],
  deliveries: ['kafka_deliveryAttempt', 'retry_topic-attempts', 'x-delivery-count'],
};

const reasonLengthMax = 2000;

/**
 * One arrival. What died more than once carries the headers of every death: the first says where it was first sent,
 * the last why it died now.
 */
export function readDeadLetter(record: KafkaRecord): Arrival {
  const headers: Header[] = record.headerEntries.map(([name, value]) => [
    (name ?? Buffer.alloc(0)).toString(),
    value ?? Buffer.alloc(0),
  ]);
  return {
    arrivalId: `${record.topic}/${record.partition}/${record.offset}`,
    body: record.value ?? null,
    headers,
    key: record.key ?? null,
    partition: readNumber(firstHeader(headers, names.partition)),
    contentType: firstHeader(headers, ['content-type', 'contentType'])?.toString() ?? null,
    messageId: firstHeader(headers, ['message-id', 'messageId', 'ce_id'])?.toString() ?? null,
    originalDestination: firstHeader(headers, names.topic)?.toString() ?? null,
    failedAt: readFailedAt(record, headers),
    reason: readReason(headers),
    deliveries: readNumber(lastHeader(headers, names.deliveries)),
  };
}

/** Kafka Connect copies the time of the original onto the dead letter, so there the death has no time. */
function readFailedAt(record: KafkaRecord, headers: readonly Header[]): Date | null {
  if (firstHeader(headers, ['__connect.errors.topic']) || record.timestamp < 0n) return null;
  return new Date(Number(record.timestamp));
}

function readReason(headers: readonly Header[]): string | null {
  const exception = lastHeader(headers, names.exception)?.toString();
  const message = lastHeader(headers, names.message)?.toString();
  const reason = [exception, message].filter((part) => part !== undefined && part !== '').join(': ');
  return reason === '' ? null : reason.slice(0, reasonLengthMax);
}

/** A number as text, or in Java's four or eight bytes. Text of four digits would be a count of 808 million or more. */
function readNumber(value: Buffer | undefined): number | null {
  if (value === undefined) return null;
  const text = value.toString('latin1');
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const number =
    value.length === 4 ? value.readInt32BE() : value.length === 8 ? Number(value.readBigInt64BE()) : -1;
  return number >= 0 && Number.isSafeInteger(number) ? number : null;
}
