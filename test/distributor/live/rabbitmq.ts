import { connect, type ConfirmChannel, type ConsumeMessage } from 'amqplib';
import { setTimeout as sleep } from 'node:timers/promises';
import { flowSpecs, flowSpec, type FlowSpec, type TransportSpec } from '../business/flows.ts';
import type { Message } from '../business/types.ts';
import { headersOfDeath, isDeath } from './letters.ts';
import { handleOnceUp, inHandMax, type QueueOptions, type QueuePost } from './queue-post.ts';
import { bodyOf, headersOf, readDelivery, type Delivery, type WireHeaders } from './wire.ts';

type Rabbit = Extract<TransportSpec, { kind: 'rabbitmq' }>;

const connectWithinMs = 3000;
/**
 * Connects, declares exchanges, queues and dead-letter queues, and starts every consumer.
 * Rejects when no broker answers.
 */
export async function openQueuePost(options: QueueOptions): Promise<QueuePost> {
  const { url, emit, now, stop, lost, fresh } = options;
  const connection = await connect(url, { timeout: connectWithinMs });
  connection.on('error', (error: Error) => lost(error.message));
  connection.on('close', () => !stop.aborted && lost('the connection was closed'));
  const channel = await connection.createConfirmChannel();
  await channel.prefetch(inHandMax);
  for (const spec of flowSpecs) {
    if (spec.transport.kind !== 'rabbitmq') continue;
    await declare(channel, spec.transport, fresh);
    await consume(channel, spec, spec.transport, options);
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

/** A new business empties its queues; one that goes on finds there what was replayed to it meanwhile. */
async function declare(channel: ConfirmChannel, transport: Rabbit, fresh: boolean): Promise<void> {
  const { exchange, routingKey, queue } = transport;
  await channel.assertExchange(exchange, 'topic', { durable: true });
  await channel.assertQueue(deadQueue(transport), { durable: true });
  await channel.assertQueue(queue, {
    durable: true,
    arguments: { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': deadQueue(transport) },
  });
  await channel.bindQueue(queue, exchange, routingKey);
  if (!fresh) return;
  await channel.purgeQueue(queue);
  await channel.purgeQueue(deadQueue(transport));
}

function deadQueue({ queue }: Rabbit): string {
  return `${queue}.dead`;
}

function publish(
  channel: ConfirmChannel,
  transport: Rabbit,
  message: Message,
  attempt: number,
  sentAtMs: number,
): Promise<void> {
  const headers = headersOf(message, attempt, sentAtMs, `${message.id} send`);
  return confirmed(channel, transport.exchange, transport.routingKey, message, headers);
}

/** Resolves when the broker keeps the message. */
function confirmed(
  channel: ConfirmChannel,
  exchange: string,
  routingKey: string,
  message: Message,
  { 'content-type': contentType = '', 'message-id': messageId = '', ...headers }: WireHeaders,
): Promise<void> {
  const options = { persistent: true, mandatory: true, messageId, contentType, headers };
  return new Promise((resolve, reject) => {
    channel.publish(exchange, routingKey, Buffer.from(bodyOf(message)), options, (error: unknown) =>
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
  { desk, emit, now, stop }: QueueOptions,
): Promise<void> {
  const work = async (arrived: ConsumeMessage): Promise<void> => {
    const delivery = deliveryOf(spec.name, arrived, now());
    if (!delivery) return channel.nack(arrived, false, false);
    const { message, sentAtMs } = delivery;
    const handling = await handleOnceUp(desk, delivery, now, stop);
    const { startedAtMs, retryAfterMs, ...rest } = handling;
    const step = { kind: 'attempted', atMs: startedAtMs, message, sentAtMs, ...rest } as const;
    emit(step);
    if (isDeath(step)) {
      const headers = headersOf(message, handling.attempt, sentAtMs, `${message.id} send`);
      await confirmed(channel, '', deadQueue(transport), message, { ...headers, ...headersOfDeath(step) });
    } else if (retryAfterMs !== undefined) {
      await sleep(retryAfterMs, undefined, { signal: stop });
      await publish(channel, transport, message, handling.attempt + 1, sentAtMs);
    }
    channel.ack(arrived);
  };
  await channel.consume(transport.queue, (arrived) => {
    if (arrived) work(arrived).catch(() => undefined);
  });
}

/** Header values that are no text are not ours; the broker's own properties win over headers of their name. */
function deliveryOf(flow: string, arrived: ConsumeMessage, nowMs: number): Delivery | undefined {
  const { headers = {}, messageId } = arrived.properties as { headers?: object; messageId?: unknown };
  const texts = Object.entries(headers).filter((one): one is [string, string] => typeof one[1] === 'string');
  const all = Object.fromEntries(texts);
  if (typeof messageId === 'string') all['message-id'] = messageId;
  return readDelivery(flow, arrived.content.toString('utf8'), all, nowMs);
}
