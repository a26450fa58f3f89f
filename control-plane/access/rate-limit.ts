import { execute, query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { Problem } from '../problem.ts';

const windowMs = 15 * 60_000;
const limits = { account: 10, address: 50 };

/** What failed sign-ins are counted by. */
export function subjectsOf(email: string, address: string): { subject: string; max: number }[] {
  return [
    { subject: `account:${email.toLowerCase()}`, max: limits.account },
    { subject: `address:${address}`, max: limits.address },
  ];
}

/** @throws Problem too_many_attempts while an account or an address has failed too often. */
export async function refuseTooMany(on: Executor, email: string, address: string, now: Date): Promise<void> {
  const subjects = subjectsOf(email, address);
  const rows = await query(on, {
    name: 'sign_in_failures.count',
    sql: 'SELECT subject, failures, window_start AS "windowStart" FROM sign_in_failures WHERE subject = ANY($1) AND window_start > $2 LIMIT 2',
    params: [subjects.map(({ subject }) => subject), new Date(now.getTime() - windowMs)],
    schema: z.object({ subject: z.string(), failures: z.int(), windowStart: z.date() }),
  });
  for (const { subject, max } of subjects) {
    const row = rows.find((one) => one.subject === subject);
    if (!row || row.failures < max) continue;
    const waitS = Math.ceil((row.windowStart.getTime() + windowMs - now.getTime()) / 1000);
    throw new Problem(
      'too_many_attempts',
      `Too many sign-ins failed. Try again in ${Math.ceil(waitS / 60)} min.`,
      {
        headers: { 'retry-after': String(waitS) },
      },
    );
  }
}

/** Counts one failed sign-in. */
export async function countFailure(on: Executor, email: string, address: string, now: Date): Promise<void> {
  const old = new Date(now.getTime() - windowMs);
  // In one order, so that two sign-ins at once cannot wait for each other.
  const subjects = subjectsOf(email, address)
    .map(({ subject }) => subject)
    .sort();
  for (const subject of subjects) {
    await execute(
      on,
      `INSERT INTO sign_in_failures AS f (subject, window_start, failures) VALUES ($1, $2, 1)
       ON CONFLICT (subject) DO UPDATE SET
         failures = CASE WHEN f.window_start > $3 THEN f.failures + 1 ELSE 1 END,
         window_start = CASE WHEN f.window_start > $3 THEN f.window_start ELSE $2 END`,
      [subject, now, old],
    );
  }
  await execute(on, 'DELETE FROM sign_in_failures WHERE window_start < $1', [old]);
}

/** A successful sign-in clears its account, not its address: others may be guessing from there. */
export async function forgiveAccount(on: Executor, email: string): Promise<void> {
  await execute(on, 'DELETE FROM sign_in_failures WHERE subject = $1', [`account:${email.toLowerCase()}`]);
}
