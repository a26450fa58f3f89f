import type { OpenTransport, Promises } from './port.ts';
import { createLink, onChannel, wordsOf, type Link } from './rabbitmq/link.ts';
import { addressOf, createSender } from './rabbitmq/send.ts';
import { tailQueue } from './rabbitmq/tail.ts';

const inFlightDefault = 1000;
const answerWithinMsDefault = 15_000;
const triesMax = 12;

/**
 * RabbitMQ over AMQP 0-9-1. A destination is a queue, or `exchange/routing.key`. Sending and reading have a connection
 * each, so that a broker that blocks publishers does not stop the reading.
 */
export const openRabbitmq: OpenTransport = (url, { application, inFlightMax, answerWithinMs }) => {
  const reading = createLink(url, `${application} reads`);
  const writing = createLink(url, `${application} sends`);
  const sender = createSender(writing, {
    inFlightMax: inFlightMax ?? inFlightDefault,
    answerWithinMs: answerWithinMs ?? answerWithinMsDefault,
  });
  return {
    tail: (queue, options) => tailQueue(reading, queue, options),
    send: (destination, batch, signal) => sender.send(destination, batch, signal),
    promises: (destination) => probe(writing, destination),
    async depth(destination) {
      const { exchange, routingKey } = addressOf(destination);
      if (exchange !== '') return null;
      return (await onChannel(reading, (channel) => channel.checkQueue(routingKey))).messageCount;
    },
    close: async () => void (await Promise.all([reading.close(), writing.close()])),
  };
};

async function probe(link: Link, destination: string): Promise<Promises> {
  const { exchange, routingKey } = addressOf(destination);
  const common = { unroutableNoticed: true, deduplicates: null, keepsOrder: true } as const;
  if (exchange !== '') {
    await onChannel(link, (channel) => channel.checkExchange(exchange));
    return {
      ...common,
      durable: 'unknown',
      note: `Exchange ${exchange}: what its queues keep is not known from here.`,
    };
  }
  await onChannel(link, (channel) => channel.checkQueue(routingKey));
  const described = await describeQueue(link, routingKey);
  if (!described)
    return {
      ...common,
      durable: 'unknown',
      note: `Queue ${routingKey}: the broker does not tell how it is kept.`,
    };
  const { isDurable, type } = described;
  const kind = `${isDurable ? 'Durable' : 'Transient'} ${type} queue`;
  const copies =
    type === 'quorum'
      ? 'confirmed once most of its replicas have it on disk'
      : 'one copy, confirmed once on disk';
  const note = isDurable
    ? `${kind}: ${copies}. RabbitMQ drops no second send: consumers must know the message id.`
    : `${kind}: what it holds is lost when the broker restarts.`;
  return { ...common, durable: isDurable ? 'yes' : 'no', note };
}

/**
 * AMQP cannot ask for a queue's settings, but the broker names the first one that differs from a declaration, durability
 * before the arguments: each answer completes the next try. The queue exists, so this declares nothing. Undefined: an
 * answer that says nothing of settings, such as a refusal of the right to declare.
 */
async function describeQueue(
  link: Link,
  queue: string,
): Promise<{ isDurable: boolean; type: string } | undefined> {
  // Named, because without it the default of the virtual host would match whatever that is.
  const wanted: Record<string, string | number> = { 'x-queue-type': 'classic' };
  const told = new Set<string>();
  for (let tries = 0; tries < triesMax; tries += 1) {
    try {
      await onChannel(link, (channel) => channel.assertQueue(queue, { durable: true, arguments: wanted }));
      return { isDurable: true, type: String(wanted['x-queue-type']) };
    } catch (error) {
      const text = wordsOf(error);
      if (text.includes("arg 'durable'")) return { isDurable: false, type: 'classic' };
      const [, name, value, type] =
        /inequivalent arg '([^']+)'.* current is (?:the value )?'([^']*)'(?: of type '(\w+)')?/.exec(text) ??
        [];
      if (name === undefined || value === undefined || told.has(name)) return undefined;
      told.add(name);
      wanted[name] = type === 'longstr' || type === undefined ? value : Number(value);
    }
  }
  return undefined;
}
