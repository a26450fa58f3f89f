import pg from 'pg';
import type { Log } from './log.ts';

/** Any number that nothing else in this database locks. */
const lockKey = 7_104_302_640;

const confirmEveryMs = 2000;
/** Without word from PostgreSQL for so long it counts as lost; the server gives the lock away later than that. */
const trustMs = 6000;
const answerMsMax = 3000;

export interface Leadership {
  readonly isLeader: () => boolean;
  readonly stop: () => Promise<void>;
}

/**
 * Of all processes that share a database, at most one leads: whose session holds an advisory lock. It stops to believe so
 * 6 s after the last answer, while the server ends a session that is silent only after 20 s.
 */
export function seekLeadership(url: string, log: Log, now: () => number): Leadership {
  let client: pg.Client | undefined;
  let confirmedMs: number | undefined;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  const lose = (why: string): void => {
    if (confirmedMs !== undefined) log.warn('No longer the one that runs the probes', { why });
    confirmedMs = undefined;
    const old = client;
    client = undefined;
    void old?.end().catch(() => undefined);
  };
  const confirm = async (): Promise<void> => {
    const askedMs = now();
    if (client === undefined) {
      const opening = openClient(url);
      opening.on('error', (error) => client === opening && lose(error.message));
      client = opening;
      await opening.connect();
    }
    const statement =
      confirmedMs === undefined
        ? 'SELECT pg_try_advisory_lock($1) AS held'
        : "SELECT count(*) = 1 AS held FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND (classid::bigint << 32) + objid::bigint = $1";
    const { rows } = await client.query<{ held: boolean }>(statement, [lockKey]);
    const held = rows[0]?.held === true;
    if (held && confirmedMs === undefined) log.info('This process runs the probes');
    if (!held && confirmedMs !== undefined) return lose('the lock is gone');
    if (held) confirmedMs = askedMs;
  };
  const loop = async (): Promise<void> => {
    await confirm().catch((error: unknown) => lose(error instanceof Error ? error.message : String(error)));
    if (!stopped) timer = setTimeout(() => void loop(), confirmEveryMs);
  };
  void loop();
  return {
    isLeader: () => !stopped && confirmedMs !== undefined && now() - confirmedMs < trustMs,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await client?.end().catch(() => undefined);
    },
  };
}

function openClient(url: string): pg.Client {
  return new pg.Client({
    connectionString: url,
    application_name: 'plumbline-probes',
    connectionTimeoutMillis: answerMsMax,
    query_timeout: answerMsMax,
    statement_timeout: answerMsMax,
    keepAlive: true,
    options: '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=3 -c tcp_keepalives_count=3',
  });
}
