import type { ConsumeMessage } from 'amqplib';
import { inBatches } from '../in-batches.ts';
import { backoffMs, pause } from '../pause.ts';
import type { TailOptions } from '../port.ts';
import { unlessStopped } from '../unless-stopped.ts';
import { within } from '../within.ts';
import { codeOf, wordsOf, type Link } from './link.ts';
import { arrivalOf } from './message.ts';
import { rawHeadersOf } from './raw-headers.ts';

interface Delivered {
  readonly message: ConsumeMessage;
  readonly table: Buffer;
}

const consumeWithinMs = 15_000;
const neverWorks = new Set([403, 404]);

/** Reads a queue until it is told to stop: stores, then acknowledges. @throws Error when it can never work */
export async function tailQueue(link: Link, queue: string, options: TailOptions): Promise<void> {
  for (let nth = 0; !options.stop.aborted; nth += 1) {
    try {
      await tailOnce(link, queue, options, () => (nth = 0));
    } catch (error) {
      if (neverWorks.has(codeOf(error) ?? 0))
        throw new Error(
          `RabbitMQ refuses the queue ${queue}: ${wordsOf(error)}. Declare it, or give the user the right to read it.`,
          {
            cause: error,
          },
        );
      options.onState?.('disconnected', wordsOf(error));
    }
    if (!options.stop.aborted) await pause(backoffMs(nth), options.stop);
  }
}

async function tailOnce(
  link: Link,
  queue: string,
  options: TailOptions,
  connected: () => void,
): Promise<void> {
  const connection = await unlessStopped(link.open(), options.stop);
  if (!connection) return;
  const channel = await connection.createChannel();
  const tables = rawHeadersOf(connection).listen(channel);
  const arrived = createArrivals<Delivered>();
  const end = (): void => arrived.end();
  channel.on('error', (error: unknown) => arrived.fail(error));
  channel.on('close', () => arrived.fail(new Error('RabbitMQ closed the channel.')));
  options.stop.addEventListener('abort', end, { once: true });
  // It may have come while the connection was made.
  if (options.stop.aborted) end();
  try {
    await channel.prefetch(options.batchMax * 2);
    const consuming = channel.consume(queue, (message) =>
      message
        ? arrived.push({ message, table: tables.next() })
        : arrived.fail(new Error(`The queue ${queue} was deleted.`)),
    );
    // A queue without a leader answers when it has one, which may be never.
    await within(consumeWithinMs, consuming, `The queue ${queue} did not answer: its node may be away.`);
    connected();
    options.onState?.('connected', `Reads ${queue}.`);
    for await (const batch of inBatches(arrived, options.batchMax, options.lingerMs)) {
      await options.store(batch.map(({ message, table }) => arrivalOf(message, table)));
      const last = batch.at(-1)?.message;
      if (last) channel.ack(last, true);
      if (options.stop.aborted) break;
    }
  } finally {
    options.stop.removeEventListener('abort', end);
    tables.end();
    // What was not acknowledged goes back to the queue.
    await channel.close().catch(() => undefined);
  }
}

/** What comes by callback, to be read one by one. Ends or fails after what came before was read. */
function createArrivals<T>() {
  const waiting: T[] = [];
  let outcome: { readonly error: unknown } | 'ended' | undefined;
  let wake = (): void => undefined;
  const settle = (next: typeof outcome): void => {
    outcome ??= next;
    wake();
  };
  return {
    push(item: T): void {
      waiting.push(item);
      wake();
    },
    end: () => settle('ended'),
    fail: (error: unknown) => settle({ error }),
    async next(): Promise<IteratorResult<T>> {
      for (;;) {
        if (outcome === 'ended') return { done: true, value: undefined };
        if (outcome) throw outcome.error;
        const item = waiting.shift();
        if (item !== undefined) return { done: false, value: item };
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}
