import { execute, type Postgres } from '@plumbline/model/postgres/pool.ts';

const dayMs = 24 * 60 * 60_000;
/** What went out and came back is for finding out why; that an alert was is for a year's figures. */
const deliveriesDays = 90;
const alertsDays = 400;

/** Forgets attempts and episodes that ended long ago. A course is kept while something is open at its channel. */
export async function forgetOld(postgres: Postgres, now: Date): Promise<void> {
  const before = (days: number) => new Date(now.getTime() - days * dayMs);
  await execute(postgres, 'DELETE FROM alert_deliveries WHERE at < $1', [before(deliveriesDays)]);
  await execute(postgres, 'DELETE FROM alerts WHERE resolved_at < $1', [before(alertsDays)]);
  await execute(
    postgres,
    `DELETE FROM alert_courses c
     WHERE believes = 'no' AND sending IS NULL AND NOT EXISTS (SELECT FROM alerts a WHERE a.key = c.key)`,
  );
}
