import {
  findErrorBy,
  NumericMap,
  ProduceAcks,
  protocolErrors,
  protocolErrorsCodesById,
  ResponseError,
  type MessageRecord,
  type produceV11,
} from '@platformatic/kafka';
import { within } from '../within.ts';
import type { KafkaClient } from './client.ts';
import { brokerCode, hopeless, sentenceOf } from './failure.ts';

/** Under which the broker recognises a batch that it gets again: producer id, epoch and number of its first record. */
export interface Session {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  next: number;
}

/** What one request came to. */
export type Attempt =
  | { readonly kind: 'stored'; readonly baseOffset: bigint | null }
  /** The broker answered that it stored nothing. */
  | {
      readonly kind: 'rejected';
      readonly reason: string;
      readonly remedy: 'resend' | 'new session' | 'split' | 'none';
    }
  /** Nothing left this machine. */
  | { readonly kind: 'unsent'; readonly reason: string }
  /** The answer is missing, or says that the leader stored it and its followers did not. */
  | { readonly kind: 'lost'; readonly reason: string };

/** Sends one batch to one partition once. Never rejects. */
export async function produceOnce(
  client: KafkaClient,
  topic: string,
  partition: number,
  records: MessageRecord[],
  session: Session | null,
  limitMs: number,
): Promise<Attempt> {
  let request;
  try {
    const late = `No connection to Kafka within ${limitMs} ms.`;
    request = await within(limitMs, reachLeader(client, topic, partition), late);
  } catch (error) {
    const reason = hopeless(error, topic);
    if (reason) return { kind: 'rejected', reason, remedy: 'none' };
    return { kind: 'unsent', reason: sentenceOf(error) };
  }
  try {
    const { connection, produce } = request;
    const response = await within(
      limitMs,
      produce.async(connection, ProduceAcks.ALL, limitMs, records, batchOptions(topic, partition, session)),
      `No answer from Kafka within ${limitMs} ms.`,
    );
    const baseOffset = response.responses[0]?.partitionResponses[0]?.baseOffset ?? -1n;
    return { kind: 'stored', baseOffset: baseOffset < 0n ? null : baseOffset };
  } catch (error) {
    return judge(error, client, topic);
  }
}

async function reachLeader(client: KafkaClient, topic: string, partition: number) {
  const metadata = await client.metadata(topic);
  const leader = metadata.topics.get(topic)?.partitions[partition]?.leader ?? -1;
  try {
    const connection = await client.connectionTo(leader, metadata);
    return { connection, produce: await client.produceApi() };
  } catch (error) {
    client.producer.clearMetadata();
    throw error;
  }
}

function batchOptions(topic: string, partition: number, session: Session | null) {
  if (!session) return {};
  const sequences = new NumericMap();
  sequences.set(`${topic}:${partition}`, session.next);
  return { producerId: session.producerId, producerEpoch: session.producerEpoch, sequences };
}

function judge(error: unknown, client: KafkaClient, topic: string): Attempt {
  const code = partitionCode(error);
  const reason = sentenceOf(error);
  if (code === undefined) {
    client.producer.clearMetadata();
    return { kind: 'lost', reason };
  }
  switch (code) {
    case 'DUPLICATE_SEQUENCE_NUMBER':
      return { kind: 'stored', baseOffset: null };
    case 'NOT_ENOUGH_REPLICAS_AFTER_APPEND':
    case 'REQUEST_TIMED_OUT':
    case 'UNKNOWN_SERVER_ERROR':
      return { kind: 'lost', reason };
    case 'OUT_OF_ORDER_SEQUENCE_NUMBER':
    case 'UNKNOWN_PRODUCER_ID':
    case 'INVALID_PRODUCER_EPOCH':
      return { kind: 'rejected', reason, remedy: 'new session' };
    // One record can spoil its batch: too large, or without the key that a compacted topic demands.
    case 'MESSAGE_TOO_LARGE':
    case 'RECORD_LIST_TOO_LARGE':
    case 'INVALID_RECORD':
    case 'INVALID_TIMESTAMP':
      return { kind: 'rejected', reason, remedy: 'split' };
    default:
      break;
  }
  const stale = error instanceof Error && findErrorBy(error, 'hasStaleMetadata', true);
  if (stale) client.producer.clearMetadata();
  if (stale || Object.values(protocolErrors).some(({ id, canRetry }) => id === code && canRetry))
    return { kind: 'rejected', reason, remedy: 'resend' };
  return { kind: 'rejected', reason: hopeless(error, topic) ?? reason, remedy: 'none' };
}

/** The broker's word on the batch; those on single records, which may stand beside it, have no code of their own. */
function partitionCode(error: unknown): string | undefined {
  if (!(error instanceof ResponseError)) return undefined;
  const { response } = error as { response?: produceV11.ProduceResponse };
  const code = response?.responses[0]?.partitionResponses[0]?.errorCode;
  return code ? protocolErrorsCodesById[code] : brokerCode(error);
}
