import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';

/** One connection. It never mends itself, so nothing is sent later than its caller believes. */
export interface NatsSession {
  readonly connection: NatsConnection;
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
}

export interface Sessions {
  readonly get: () => Promise<NatsSession>;
  readonly close: () => Promise<void>;
}

const connectWithinMs = 3000;

/**
 * `nats://[user:password@]host:port[,host:port…]` or `tls://…`, opened at the first use and again after a loss.
 * @throws Error with a sentence when JetStream cannot be reached.
 */
export function openSessions(url: string, application: string): Sessions {
  let current: Promise<NatsSession> | undefined;
  let isOpen = false;

  async function open(): Promise<NatsSession> {
    const connection = await connect({
      ...readUrl(url),
      name: application,
      reconnect: false,
      timeout: connectWithinMs,
    });
    isOpen = true;
    void connection.closed().then(() => {
      isOpen = false;
      current = undefined;
    });
    return {
      connection,
      client: jetstream(connection),
      manager: await jetstreamManager(connection, { checkAPI: false }),
    };
  }

  return {
    async get(): Promise<NatsSession> {
      const opening = (current ??= open());
      try {
        return await opening;
      } catch (error) {
        if (current === opening) current = undefined;
        throw error;
      }
    },
    async close(): Promise<void> {
      const closing = current?.then(({ connection }) => connection.close()).catch(() => undefined);
      // Nobody waits for a connection to be made only to be closed.
      if (isOpen) await closing;
    },
  };
}

function readUrl(url: string) {
  const parts =
    /^(?<scheme>nats|tls):\/\/(?:(?<user>[^:@/]*)(?::(?<password>[^@/]*))?@)?(?<servers>[^/?@]+)\/?$/.exec(
      url,
    )?.groups;
  if (!parts?.['servers']) throw new Error('This is no NATS URL: write nats://host:4222 or tls://host:4222.');
  const { scheme, user, password, servers } = parts;
  return {
    servers: servers.split(','),
    ...(scheme === 'tls' ? { tls: {} } : {}),
    ...(user && password === undefined ? { token: decodeURIComponent(user) } : {}),
    ...(user && password !== undefined
      ? { user: decodeURIComponent(user), pass: decodeURIComponent(password) }
      : {}),
  };
}
