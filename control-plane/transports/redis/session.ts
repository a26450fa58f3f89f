import { createClient, RESP_TYPES } from '@redis/client';

/** What the server answers in RESP 2; texts of a stream are bytes. */
export type Reply = Buffer | string | number | null | readonly Reply[];
export type Command = readonly (string | Buffer)[];

/** One connection. It never mends itself, so no command is sent twice or later than its caller believes. */
export interface Session {
  readonly isOpen: () => boolean;
  /** @throws ErrorReply when the server refuses; any other error: it may have run or not. */
  readonly ask: (command: Command) => Promise<Reply>;
  readonly end: () => void;
}

export interface Sessions {
  readonly get: () => Promise<Session>;
  readonly close: () => void;
}

const connectWithinMs = 3000;

/** `redis://[user:password@]host:port[/database]`, or `rediss://` with TLS. @throws Error with a sentence */
export async function openSession(url: string, name: string): Promise<Session> {
  const client = createClient({
    url,
    name: name.replaceAll(/\s/g, '-'),
    RESP: 2,
    socket: { reconnectStrategy: false, connectTimeout: connectWithinMs },
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
  });
  // Without a listener the loss of a connection would end the process; every command that waits is told of it.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw new Error(`Redis cannot be reached: ${wordsOf(error)}`, { cause: error });
  }
  return {
    isOpen: () => client.isReady,
    ask: (command) => client.sendCommand<Reply>(command),
    end: () => {
      if (client.isOpen) client.destroy();
    },
  };
}

/** The session that sends and questions share: opened at the first use and again after a loss. */
export function shareSession(url: string, name: string): Sessions {
  let current: Promise<Session> | undefined;
  return {
    async get(): Promise<Session> {
      const known = current;
      const session = await known?.catch(() => undefined);
      if (session?.isOpen()) return session;
      if (current === known) current = undefined;
      return (current ??= openSession(url, name));
    },
    close(): void {
      void current?.then(
        (session) => session.end(),
        () => undefined,
      );
      current = undefined;
    },
  };
}

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
