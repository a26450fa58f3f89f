import type { ConfirmChannel } from 'amqplib';
import type { Outgoing, SendResult } from '../port.ts';
import { within } from '../within.ts';
import { wordsOf, type Link } from './link.ts';
import { publishOptions, unfit } from './outgoing.ts';

/** Exchange and routing key of `exchange/routing.key`; a bare name is a queue behind the default exchange. */
export function addressOf(destination: string): { exchange: string; routingKey: string } {
  const slash = destination.indexOf('/');
  if (slash === -1) return { exchange: '', routingKey: destination };
  return { exchange: destination.slice(0, slash), routingKey: destination.slice(slash + 1) };
}

export interface Sender {
  send(destination: string, batch: readonly Outgoing[], signal: AbortSignal): Promise<SendResult[]>;
}

interface Limits {
  readonly inFlightMax: number;
  readonly answerWithinMs: number;
}

/** Publishes with confirms on one channel, which keeps the order. What comes back as unroutable is refused. */
export function createSender(link: Link, limits: Limits): Sender {
  let opened: Promise<ConfirmChannel> | undefined;
  const known = new Set<string>();
  /** Message ids under way that the broker gave back. */
  const returned = new Map<string, string>();

  const open = (): Promise<ConfirmChannel> => {
    opened ??= openChannel().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  const openChannel = async (): Promise<ConfirmChannel> => {
    const channel = await (await link.open()).createConfirmChannel();
    const mine = opened;
    const forget = (): void => {
      if (opened === mine) opened = undefined;
      known.clear();
    };
    channel.on('error', forget);
    channel.on('close', forget);
    channel.on('return', ({ fields, properties }) => {
      const reason = 'replyText' in fields ? String(fields.replyText) : 'unroutable';
      returned.set(String(properties.messageId), reason);
    });
    return channel;
  };
  /** Publishing to an exchange that is not there would close the channel under all the others. */
  const checkExchange = async (exchange: string): Promise<void> => {
    if (exchange === '' || known.has(exchange)) return;
    const asking = await (await link.open()).createChannel();
    asking.on('error', () => undefined);
    await asking.checkExchange(exchange);
    await asking.close();
    known.add(exchange);
  };

  return {
    async send(destination, batch, signal) {
      const { exchange, routingKey } = addressOf(destination);
      let channel: ConfirmChannel;
      try {
        await checkExchange(exchange);
        channel = await open();
      } catch (error) {
        const reason = wordsOf(error);
        return batch.map(() => ({
          kind: 'refused',
          reason,
          retryable: !/NOT[_-]FOUND|ACCESS[_-]REFUSED/.test(reason),
        }));
      }
      const results: SendResult[] = [];
      for (let from = 0; from < batch.length; from += limits.inFlightMax) {
        const part = batch.slice(from, from + limits.inFlightMax);
        const sends = part.map((outgoing) => publish(channel, exchange, routingKey, outgoing, signal));
        results.push(...(await Promise.all(sends)));
      }
      return results;
    },
  };

  function publish(
    channel: ConfirmChannel,
    exchange: string,
    routingKey: string,
    outgoing: Outgoing,
    signal: AbortSignal,
  ): Promise<SendResult> {
    const refused = (reason: string, retryable: boolean) =>
      Promise.resolve<SendResult>({ kind: 'refused', reason, retryable });
    if (signal.aborted) return refused('The replay was stopped first.', true);
    const wrong = unfit(outgoing);
    if (wrong !== undefined || outgoing.body === null) return refused(wrong ?? '', false);
    const { body, messageId } = outgoing;
    const answer = new Promise<SendResult>((resolve) => {
      try {
        channel.publish(exchange, routingKey, body, publishOptions(outgoing), (error: unknown) => {
          const back = returned.get(messageId);
          returned.delete(messageId);
          resolve(resultOf(error, back, `${exchange || 'default'}/${routingKey}`));
        });
      } catch (error) {
        // Nothing was written: the channel was closed before, or the message cannot be put into words of AMQP.
        const retryable = !(error instanceof TypeError || error instanceof RangeError);
        resolve({ kind: 'refused', reason: wordsOf(error), retryable });
      }
    });
    const late = `no confirm within ${limits.answerWithinMs} ms`;
    return within(limits.answerWithinMs, answer, late).catch((error: unknown) => ({
      kind: 'unknown',
      reason: wordsOf(error),
    }));
  }
}

function resultOf(error: unknown, back: string | undefined, address: string): SendResult {
  if (error instanceof Error && error.message === 'message nacked')
    return {
      kind: 'refused',
      reason: 'RabbitMQ did not take it (nack): the queue may be full or its node away.',
      retryable: true,
    };
  if (error)
    return { kind: 'unknown', reason: `The connection was lost before the confirm: ${wordsOf(error)}` };
  if (back !== undefined)
    return { kind: 'refused', reason: `No queue is behind ${address}: ${back}`, retryable: false };
  return { kind: 'accepted', position: `confirmed by ${address}` };
}
