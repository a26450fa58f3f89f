import { setTimeout as sleep } from 'node:timers/promises';
import { flowSpec } from '../business/flows.ts';
import { advance, type createBusiness } from '../business/simulate.ts';
import type { Message, Step } from '../business/types.ts';
import type { Exporter } from '../telemetry/exporter.ts';
import type { Desk } from './desk.ts';
import { openFilePost } from './files.ts';
import { openHttpPost } from './http.ts';
import { openQueuePost, type QueuePost } from './rabbitmq.ts';
import type { Tables } from './tables.ts';

type Business = ReturnType<typeof createBusiness>;

export interface LiveOptions {
  readonly business: Business;
  readonly exporter: Exporter;
  readonly emit: (step: Step) => void;
  readonly desk: Desk;
  readonly tables: Tables | undefined;
  readonly amqpUrl: string;
  /** True for a business that has no past: what lies in its queues is not its own. */
  readonly fresh: boolean;
  readonly filesDir: string;
  readonly now: () => number;
  readonly say: (sentence: string) => void;
  readonly stop: AbortSignal;
  /** Called about once a second with the time up to which everything was told. */
  readonly told: (untilMs: number) => void;
}

const tickMs = 200;
const flushEveryMs = 1000;
/** A broker that went away is looked for again after this long. */
const reconnectMs = 15_000;

/** Runs the business on the real clock until told to stop: messages travel, tables change, telemetry leaves. */
export async function runLive(options: LiveOptions): Promise<void> {
  const { business, emit, desk, now, say, stop } = options;
  const http = await openHttpPost(desk, emit, now, stop);
  const files = await openFilePost({ root: options.filesDir, desk, emit, now, stop });
  const queues = keepQueuePost(options);
  await queues.open();
  const carry = async (message: Message): Promise<void> => {
    const { kind } = flowSpec(message.flow).transport;
    if (kind === 'rabbitmq' && queues.post) return queues.post.send(message);
    return kind === 'file' ? files.send(message) : http.send(message);
  };
  business.deliver = (message) => {
    carry(message).catch((error: unknown) => {
      if (!stop.aborted) say(`a message of ${message.flow} was not sent: ${String(error)}`);
    });
    return true;
  };
  await turn(options);
  await Promise.all([http.close(), queues.post?.close()]);
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

interface Keeper {
  post: QueuePost | undefined;
  open(): Promise<void>;
}

/** Goes on over HTTP while there is no broker, and says so; tries again from time to time. */
function keepQueuePost(options: LiveOptions): Keeper {
  const { amqpUrl, desk, emit, now, stop, say } = options;
  let isFirst = true;
  const lost = (reason: string): void => {
    if (keeper.post) say(`RabbitMQ is away (${reason}); its flows travel over HTTP until it is back.`);
    keeper.post = undefined;
  };
  const connect = async (): Promise<void> => {
    const fresh = options.fresh && isFirst;
    keeper.post = await openQueuePost({ url: amqpUrl, desk, emit, now, stop, lost, fresh }).catch(
      () => undefined,
    );
    isFirst &&= keeper.post === undefined;
  };
  const keeper: Keeper = {
    post: undefined,
    async open() {
      await connect();
      say(keeper.post ? 'RabbitMQ answers: queue flows travel through it.' : withoutBroker);
      void reopen();
    },
  };
  const reopen = async (): Promise<void> => {
    while (!stop.aborted) {
      await sleep(reconnectMs, undefined, { signal: stop }).catch(() => undefined);
      if (keeper.post || stop.aborted) continue;
      await connect();
      if (keeper.post) say('RabbitMQ answers: its flows travel through it again.');
    }
  };
  return keeper;
}

const withoutBroker =
  'no RabbitMQ answers at AMQP_URL: flows that would use it travel over HTTP. (Kafka flows always do here.)';
