import { connect, type Channel, type ChannelModel } from 'amqplib';

const connectWithinMs = 5000;
const heartbeatSeconds = 10;

/** One connection, made when first needed and made anew after it was lost. */
export interface Link {
  open(): Promise<ChannelModel>;
  close(): Promise<void>;
}

export function createLink(url: string, application: string): Link {
  let current: Promise<ChannelModel> | undefined;
  let isOpen = false;
  const start = async (): Promise<ChannelModel> => {
    const address = new URL(url);
    if (!address.searchParams.has('heartbeat'))
      address.searchParams.set('heartbeat', String(heartbeatSeconds));
    const connection = await connect(address.href, {
      timeout: connectWithinMs,
      clientProperties: { connection_name: application },
    });
    isOpen = true;
    const mine = current;
    const forget = (): void => {
      if (current !== mine) return;
      isOpen = false;
      current = undefined;
    };
    // Without a listener the loss of a connection would end the process.
    connection.on('error', forget);
    connection.on('close', forget);
    return connection;
  };
  return {
    open() {
      current ??= start().catch((error: unknown) => {
        current = undefined;
        throw new Error(`RabbitMQ cannot be reached: ${wordsOf(error)}`, { cause: error });
      });
      return current;
    },
    async close() {
      const closing = current?.then((connection) => connection.close()).catch(() => undefined);
      current = undefined;
      // Nobody waits for a connection to be made only to be closed.
      if (isOpen) await closing;
    },
  };
}

/** Asks on a channel of its own: what the broker refuses closes the channel, and no other. */
export async function onChannel<Result>(
  link: Link,
  ask: (channel: Channel) => Promise<Result>,
): Promise<Result> {
  const channel = await (await link.open()).createChannel();
  channel.on('error', () => undefined);
  try {
    return await ask(channel);
  } finally {
    await channel.close().catch(() => undefined);
  }
}

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Reply code of the broker, as 404; undefined for anything else. */
export function codeOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'number' ? error.code : undefined;
}
