import type pg from 'pg';

type Executor = Pick<pg.Pool, 'query'>;

/** Notes that a heartbeat probe was beaten now, on the clock of the database: beats may come to any process. */
export async function noteBeat(on: Executor, probe: string): Promise<void> {
  await on.query(
    `INSERT INTO probe_heartbeats AS known (probe, beaten_at) VALUES ($1, now())
     ON CONFLICT (probe) DO UPDATE SET beaten_at = greatest(known.beaten_at, excluded.beaten_at)`,
    [probe],
  );
}

/** When a heartbeat probe was last beaten, in milliseconds; null: never. */
export async function lastBeat(on: Executor, probe: string): Promise<number | null> {
  const { rows } = await on.query<{ beaten_at: Date }>(
    'SELECT beaten_at FROM probe_heartbeats WHERE probe = $1 LIMIT 1',
    [probe],
  );
  return rows[0]?.beaten_at.getTime() ?? null;
}
