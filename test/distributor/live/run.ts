import { setTimeout as sleep } from 'node:timers/promises';
import { flowSpec } from '../business/flows.ts';
import { advance, type createBusiness } from '../business/simulate.ts';
import type { Message, Step } from '../business/types.ts';
import type { Exporter } from '../telemetry/exporter.ts';
import type { Desk } from './desk.ts';
import { openFilePost } from './files.ts';
import { openHttpPost } from './http.ts';
import { openTopicPost } from './kafka.ts';
import type { QueueOptions, QueuePost } from './queue-post.ts';
import { openQueuePost } from './rabbitmq.ts';
import type { Tables } from './tables.ts';

type Business = ReturnType<typeof createBusiness>;

export interface LiveOptions {
  readonly business: Business;
  readonly exporter: Exporter;
  readonly emit: (step: Step) => void;
  readonly desk: Desk;
  readonly tables: Tables | undefined;
  readonly amqpUrl: string | undefined;
  readonly kafkaUrl: string | undefined;
  /** True for a business that has no past: what lies in its queues is not its own. */
  readonly fresh: boolean;
  readonly filesDir: string;
  readonly now: () => number;
  readonly say: (sentence: string) => void;
  readonly stop: AbortSignal;
  /** Called once, when every message goes its real way. */
  readonly live: () => void;
  /** Called about once a second with the time up to which everything was told. */
  readonly told: (untilMs: number) => void;
}

const tickMs = 200;
const flushEveryMs = 1000;
/** A broker that went away is looked for again after this long. */
const reconnectMs = 5_000;

/** Runs the business on the real clock until told to stop: messages travel, tables change, telemetry leaves. */
export async function runLive(options: LiveOptions): Promise<void> {
  const { business, emit, desk, now, say, stop, live } = options;
  const http = await openHttpPost(desk, emit, now, stop);
  const files = await openFilePost({ root: options.filesDir, desk, emit, now, stop });
  const [queues, topics] = await Promise.all([
    keepPost('RabbitMQ', options.amqpUrl, openQueuePost, options),
    keepPost('Kafka', options.kafkaUrl, openTopicPost, options),
  ]);
  const carry = async (message: Message): Promise<void> => {
    const { kind } = flowSpec(message.flow).transport;
    if (kind === 'rabbitmq' && queues.post) return queues.post.send(message);
    if (kind === 'kafka' && topics.post) return topics.post.send(message);
    return kind === 'file' ? files.send(message) : http.send(message);
  };
  business.deliver = (message) => {
    carry(message).catch((error: unknown) => {
      if (!stop.aborted) say(`a message of ${message.flow} was not sent: ${String(error)}`);
    });
    return true;
  };
  live();
  await turn(options);
  await Promise.all([http.close(), queues.post?.close(), topics.post?.close()]);
}

async function turn(options: LiveOptions): Promise<void> {
  const { business, exporter, tables, now, stop, told } = options;
  let flushedMs = now();
  while (!stop.aborted) {
    advance(business, now());
    if (now() - flushedMs >= flushEveryMs) {
      flushedMs = now();
      await Promise.all([exporter.flush(), tables?.store()]);
      told(flushedMs);
    }
    await sleep(tickMs, undefined, { signal: stop }).catch(() => undefined);
  }
  await Promise.all([exporter.flush(), tables?.store()]);
  told(now());
}

type BrokerName = 'RabbitMQ' | 'Kafka';

interface Keeper {
  readonly post: QueuePost | undefined;
}

/** Goes on over HTTP while there is no broker, and says so; tries again from time to time. */
async function keepPost(
  name: BrokerName,
  url: string | undefined,
  open: (options: QueueOptions) => Promise<QueuePost>,
  options: LiveOptions,
): Promise<Keeper> {
  const { desk, emit, now, stop, say } = options;
  const keeper: { post: QueuePost | undefined } = { post: undefined };
  if (url === undefined) {
    say(`no address of ${name} is set: its flows travel over HTTP.`);
    return keeper;
  }
  let isFirst = true;
  const connect = async (): Promise<void> => {
    let isLost = false;
    // A connection that is told lost twice must not take the next one with it.
    const lost = (reason: string): void => {
      if (!isLost && keeper.post && !stop.aborted)
        say(`${name} is away (${reason}); its flows travel over HTTP until it is back.`);
      if (!isLost) keeper.post = undefined;
      isLost = true;
    };
    const fresh = options.fresh && isFirst;
    const post = await open({ url, desk, emit, now, stop, lost, fresh }).catch(() => undefined);
    if (post && !isLost) keeper.post = post;
    isFirst &&= post === undefined;
  };
  const reopen = async (): Promise<void> => {
    while (!stop.aborted) {
      await sleep(reconnectMs, undefined, { signal: stop }).catch(() => undefined);
      if (keeper.post || stop.aborted) continue;
      await connect();
      if (keeper.post) say(`${name} answers: its flows travel through it again.`);
    }
  };
  await connect();
  say(
    keeper.post
      ? `${name} answers: its flows travel through it.`
      : `${name} does not answer: its flows travel over HTTP.`,
  );
  void reopen();
  return keeper;
}
