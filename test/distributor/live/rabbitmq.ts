import { connect, type ChannelModel, type ConfirmChannel, type ConsumeMessage } from 'amqplib';
import { setTimeout as sleep } from 'node:timers/promises';
import { flowSpecs, flowSpec, type FlowSpec, type TransportSpec } from '../business/flows.ts';
import type { Message, Step } from '../business/types.ts';
import { idempotencyKey, type Desk } from './desk.ts';
import { traceparentOf } from './trace-header.ts';
import { readMessage } from './wire.ts';

/** The flows that travel through RabbitMQ, while its broker is reachable. */
export interface QueuePost {
  send(message: Message): Promise<void>;
  close(): Promise<void>;
}

type Rabbit = Extract<TransportSpec, { kind: 'rabbitmq' }>;

const connectWithinMs = 3000;
const prefetch = 40;

/**
 * Connects, declares exchanges, queues and dead-letter queues, and starts every consumer.
 * Undefined when no broker answers.
 */
export async function openQueuePost(
  url: string,
  desk: Desk,
  emit: (step: Step) => void,
  now: () => number,
  stop: AbortSignal,
  lost: (reason: string) => void,
): Promise<QueuePost | undefined> {
  const connection = await reach(url);
  if (!connection) return undefined;
  connection.on('error', (error: Error) => lost(error.message));
  connection.on('close', () => !stop.aborted && lost('the connection was closed'));
  const channel = await connection.createConfirmChannel();
  await channel.prefetch(prefetch);
  for (const spec of flowSpecs) {
    if (spec.transport.kind !== 'rabbitmq') continue;
    await declare(channel, spec.transport);
    await consume(channel, spec, spec.transport, desk, emit, now, stop);
  }
  return {
    async send(message) {
      const { transport } = flowSpec(message.flow);
      if (transport.kind !== 'rabbitmq') throw new Error(`${message.flow} does not travel through RabbitMQ.`);
      const atMs = now();
      await publish(channel, transport, message, 1, atMs);
      emit({ kind: 'sent', atMs, durationMs: now() - atMs, message });
    },
    async close() {
      await connection.close().catch(() => undefined);
    },
  };
}

async function reach(url: string): Promise<ChannelModel | undefined> {
  try {
    return await connect(url, { timeout: connectWithinMs });
  } catch {
    return undefined;
  }
}

/** What an earlier run left in the queues is history that this run already knows. */
async function declare(channel: ConfirmChannel, transport: Rabbit): Promise<void> {
  const { exchange, routingKey, queue } = transport;
  await channel.assertExchange(exchange, 'topic', { durable: true });
  await channel.assertQueue(`${queue}.dead`, { durable: true });
  await channel.assertQueue(queue, {
    durable: true,
    arguments: { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': `${queue}.dead` },
  });
  await channel.bindQueue(queue, exchange, routingKey);
  await channel.purgeQueue(queue);
}

function publish(
  channel: ConfirmChannel,
  transport: Rabbit,
  message: Message,
  attempt: number,
  sentAtMs: number,
): Promise<void> {
  const headers = {
    traceparent: traceparentOf(message, `${message.id} send`),
    'x-attempt': attempt,
    'x-sent-at': sentAtMs,
    'x-idempotency-key': idempotencyKey(message),
  };
  const options = {
    persistent: true,
    messageId: message.id,
    contentType: 'application/json',
    headers,
    mandatory: true,
  };
  return new Promise((resolve, reject) => {
    const content = Buffer.from(JSON.stringify(message));
    channel.publish(transport.exchange, transport.routingKey, content, options, (error: unknown) =>
      error
        ? reject(error instanceof Error ? error : new Error('the broker refused the message'))
        : resolve(),
    );
  });
}

async function consume(
  channel: ConfirmChannel,
  spec: FlowSpec,
  transport: Rabbit,
  desk: Desk,
  emit: (step: Step) => void,
  now: () => number,
  stop: AbortSignal,
): Promise<void> {
  const work = async (delivery: ConsumeMessage): Promise<void> => {
    const message = readMessage(delivery.content.toString('utf8'));
    if (!message || message.flow !== spec.name) return channel.nack(delivery, false, false);
    const attempt = Number(delivery.properties.headers?.['x-attempt'] ?? 1);
    const sentAtMs = Number(delivery.properties.headers?.['x-sent-at'] ?? now());
    const handling = await handleOnceUp(desk, message, attempt, now, stop);
    const { startedAtMs, retryAfterMs, ...rest } = handling;
    emit({ kind: 'attempted', atMs: startedAtMs, message, sentAtMs, attempt, ...rest });
    if (handling.outcome === 'dead_lettered') return channel.nack(delivery, false, false);
    if (retryAfterMs !== undefined) {
      await sleep(retryAfterMs, undefined, { signal: stop });
      await publish(channel, transport, message, attempt + 1, sentAtMs);
    }
    channel.ack(delivery);
  };
  await channel.consume(transport.queue, (delivery) => {
    if (delivery) work(delivery).catch(() => undefined);
  });
}

/** A consumer that is down takes nothing from its queue: the message waits, unacknowledged. */
async function handleOnceUp(
  desk: Desk,
  message: Message,
  attempt: number,
  now: () => number,
  stop: AbortSignal,
): Promise<Exclude<Awaited<ReturnType<Desk['handle']>>, 'down'>> {
  for (;;) {
    const handling = await desk.handle(message, attempt, false);
    if (handling !== 'down') return handling;
    const untilMs = desk.downUntilMs(message) ?? now();
    await sleep(Math.max(500, untilMs - now()), undefined, { signal: stop });
  }
}
