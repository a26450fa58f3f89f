import { connect } from 'amqplib';
import { z } from 'zod';
import { type Found, type Look, type LookContext, onAbort, secondsSince } from '../look.ts';
import { sendRequest } from './http-request.ts';

/** What the management API says of a queue; it leaves out what it does not know yet. */
const QueueFigures = z.object({
  messages_ready: z.int().optional(),
  messages_unacknowledged: z.int().optional(),
  consumers: z.int().optional(),
  head_message_timestamp: z.number().nullish(),
});

/**
 * Depth and consumers of a queue by a passive declaration, which touches no message; with `management` also what is
 * unacknowledged and the age of the oldest message, which the broker knows of classic queues whose publishers set a timestamp.
 */
export const lookRabbitmq: Look<'rabbitmq'> = async (check, context) => {
  const url = new URL(context.connection(check.connection));
  if (!['amqp:', 'amqps:'].includes(url.protocol)) {
    throw new Error(`The connection "${check.connection}" is no amqp:// URL.`);
  }
  if (check.management !== undefined) return viaManagement(check.management, check.queue, url, context);
  context.note(`declare ${check.queue} passively`);
  const connection = await connect(url.href, {
    timeout: context.timeoutMs,
    clientProperties: { connection_name: 'plumbline-probe' },
  }).catch((error: unknown) => {
    throw new Error(`RabbitMQ cannot be reached: ${wordsOf(error)}`, { cause: error });
  });
  connection.on('error', () => undefined);
  const forget = onAbort(context.signal, () => void connection.close().catch(() => undefined));
  try {
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    const { messageCount, consumerCount } = await channel.checkQueue(check.queue);
    context.note('counted', { depth: messageCount, consumers: consumerCount });
    return { values: { depth: messageCount, consumers: consumerCount } };
  } finally {
    forget();
    await connection.close().catch(() => undefined);
  }
};

async function viaManagement(base: string, queue: string, url: URL, context: LookContext): Promise<Found> {
  const host = url.pathname.length > 1 ? decodeURIComponent(url.pathname.slice(1)) : '/';
  const user = `${decodeURIComponent(url.username) || 'guest'}:${decodeURIComponent(url.password) || 'guest'}`;
  const token = Buffer.from(user).toString('base64');
  context.secrets.register(token);
  const address = `${base.replace(/\/+$/, '')}/api/queues/${encodeURIComponent(host)}/${encodeURIComponent(queue)}`;
  context.note(`GET ${address}`);
  const answer = await sendRequest(
    {
      method: 'GET',
      url: address,
      headers: { authorization: `Basic ${token}` },
      body: undefined,
      redirectsMax: 0,
    },
    context,
  );
  if (answer.status === 404) throw new Error(`There is no queue "${queue}".`);
  if (answer.status !== 200) throw new Error(`The management API answered ${answer.status}.`);
  const figures = QueueFigures.parse(JSON.parse(answer.text));
  const { messages_ready: depth, messages_unacknowledged: unacknowledged, consumers } = figures;
  const headSeconds = figures.head_message_timestamp ?? undefined;
  // An empty queue keeps nothing waiting: its age is nothing, not unknown.
  const age =
    headSeconds === undefined
      ? depth === 0 && unacknowledged === 0
        ? 0
        : undefined
      : secondsSince(headSeconds * 1000, context.now());
  const values = { depth, unacknowledged, consumers, age };
  context.note('counted', values);
  return { values: Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
