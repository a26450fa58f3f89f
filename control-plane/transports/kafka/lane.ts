import type { MessageRecord } from '@platformatic/kafka';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SendResult } from '../port.ts';
import { within } from '../within.ts';
import { produceOnce, type Session } from './attempt.ts';
import type { KafkaClient } from './client.ts';
import { brokerCode } from './failure.ts';

/**
 * All sends to one partition, one batch after the other, so that order holds. Each lane is an idempotent producer of
 * its own: a batch whose answer is lost is sent again under its numbers, and the broker tells whether it had it.
 */
export interface Lane {
  deliver(records: MessageRecord[], signal: AbortSignal): Promise<SendResult[]>;
}

const firstPauseMs = 50;
const longestPauseMs = 1000;

export function openLane(client: KafkaClient, topic: string, partition: number): Lane {
  let before: Promise<unknown> = Promise.resolve();
  /** Undefined: to be opened. Null: this cluster does not let us be idempotent. */
  let session: Session | null | undefined;

  async function deliverNow(
    records: MessageRecord[],
    deadlineMs: number,
    signal: AbortSignal,
  ): Promise<SendResult[]> {
    if (performance.now() >= deadlineMs)
      return refuse(records, 'Kafka did not answer what was sent before.', true);
    let lost: string | undefined;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      if (signal.aborted && lost === undefined) return refuse(records, 'The replay was stopped first.', true);
      const limitMs = Math.max(1, Math.round(deadlineMs - performance.now()));
      const attempt = await attemptOnce(records, limitMs);
      switch (attempt.kind) {
        case 'stored':
          if (session) session.next += records.length;
          return records.map((_record, index) => accepted(partition, attempt.baseOffset, index));
        case 'lost':
          lost = attempt.reason;
          break;
        case 'rejected':
          if (attempt.remedy === 'new session') session = undefined;
          if (lost !== undefined && attempt.remedy !== 'resend') return giveUp(records, lost);
          if (attempt.remedy === 'split' && records.length > 1) return halve(records, deadlineMs, signal);
          if (attempt.remedy === 'split' || attempt.remedy === 'none')
            return refuse(records, attempt.reason, false);
          break;
        case 'unsent':
          break;
      }
      const hurried = performance.now() + pauseMs >= deadlineMs;
      if (lost !== undefined && (hurried || !session)) return giveUp(records, lost);
      if (hurried) return refuse(records, attempt.reason, true);
      await sleep(pauseMs);
    }
  }

  async function attemptOnce(records: MessageRecord[], limitMs: number) {
    try {
      const late = `Kafka gave no producer id within ${limitMs} ms.`;
      if (session === undefined) session = await within(limitMs, openSession(client), late);
    } catch (error) {
      return { kind: 'unsent', reason: error instanceof Error ? error.message : String(error) } as const;
    }
    return produceOnce(client, topic, partition, records, session, limitMs);
  }

  /** The numbers of what was lost cannot be used again: the next batch begins a new session. */
  function giveUp(records: MessageRecord[], reason: string): SendResult[] {
    if (session) session = undefined;
    return records.map(() => ({ kind: 'unknown', reason }));
  }

  async function halve(
    records: MessageRecord[],
    deadlineMs: number,
    signal: AbortSignal,
  ): Promise<SendResult[]> {
    const middle = records.length >> 1;
    const first = await deliverNow(records.slice(0, middle), deadlineMs, signal);
    return [...first, ...(await deliverNow(records.slice(middle), deadlineMs, signal))];
  }

  return {
    deliver(records, signal) {
      // The wait begins here: behind a dead broker nobody waits for all who stand before.
      const deadlineMs = performance.now() + client.answerWithinMs;
      const results = before.then(() => deliverNow(records, deadlineMs, signal));
      before = results;
      return results;
    },
  };
}

/** Null where the cluster refuses idempotence, as before Kafka 3.0 to users without IDEMPOTENT_WRITE. */
async function openSession(client: KafkaClient): Promise<Session | null> {
  try {
    const { producerId, producerEpoch } = await client.producer.initIdempotentProducer({});
    return { producerId, producerEpoch, next: 0 };
  } catch (error) {
    if (brokerCode(error) === 'CLUSTER_AUTHORIZATION_FAILED') return null;
    throw error;
  }
}

function accepted(partition: number, baseOffset: bigint | null, index: number): SendResult {
  const offset = baseOffset === null ? null : baseOffset + BigInt(index);
  return { kind: 'accepted', position: offset === null ? null : `${partition}/${offset}` };
}

function refuse(records: MessageRecord[], reason: string, retryable: boolean): SendResult[] {
  return records.map(() => ({ kind: 'refused', reason, retryable }));
}
