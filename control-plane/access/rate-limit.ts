import { execute, query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { Problem } from '../problem.ts';

const windowMs = 15 * 60_000;
/** Failed attempts in a window. An address may be that of a whole office. */
const limits = { account: 10, address: 50 };

const AttemptRow = z.object({ subject: z.string(), failures: z.int(), windowStart: z.date() });

/**
 * Counts an attempt before the password is looked at, so that guesses sent all at once count too. What turns out to be
 * right is given back by `forgive`. @throws Problem too_many_attempts when the account or the address is past its limit.
 */
export async function admitAttempt(on: Executor, email: string, address: string, now: Date): Promise<void> {
  const old = new Date(now.getTime() - windowMs);
  await execute(on, 'DELETE FROM sign_in_failures WHERE window_start < $1', [old]);
  // The subjects are written in one order, so that two sign-ins at once cannot wait for each other.
  const rows = await query(on, {
    name: 'sign_in_failures.count',
    sql: `
      INSERT INTO sign_in_failures AS f (subject, window_start, failures)
      SELECT subject, $2::timestamptz, 1 FROM unnest($1::text[]) AS subject
      ON CONFLICT (subject) DO UPDATE SET failures = f.failures + 1
      RETURNING subject, failures, window_start AS "windowStart"`,
    params: [[accountOf(email), addressOf(address)], now],
    schema: AttemptRow,
  });
  for (const { subject, failures, windowStart } of rows) {
    const max = subject.startsWith('account:') ? limits.account : limits.address;
    if (failures > max) throw tooMany(windowStart.getTime() + windowMs - now.getTime());
  }
}

/** A right password clears its account; of its address it gives back one attempt, for others may be guessing there. */
export async function forgive(on: Executor, email: string, address: string): Promise<void> {
  await execute(on, 'DELETE FROM sign_in_failures WHERE subject = $1', [accountOf(email)]);
  await execute(
    on,
    'UPDATE sign_in_failures SET failures = failures - 1 WHERE subject = $1 AND failures > 0',
    [addressOf(address)],
  );
}

function accountOf(email: string): string {
  return `account:${email.toLowerCase()}`;
}

function addressOf(address: string): string {
  return `address:${address}`;
}

function tooMany(waitMs: number): Problem {
  const waitS = Math.max(1, Math.ceil(waitMs / 1000));
  const detail = `Too many sign-ins failed. Try again in ${Math.ceil(waitS / 60)} min.`;
  return new Problem('too_many_attempts', detail, { headers: { 'retry-after': String(waitS) } });
}
