import { isIP } from 'node:net';
import { execute, query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { Problem } from '../problem.ts';

const windowMs = 15 * 60_000;
/**
 * Failed attempts in a window: on an account, on an account from one address, and from an address, which may be that of a
 * whole office.
 */
const limits = { account: 10, pair: 10, address: 50 };
/** For so long an address at which a person signed in counts as theirs. */
const knownAddressMs = 90 * 86_400_000;

const AttemptRow = z.object({ subject: z.string(), failures: z.int(), windowStart: z.date() });
type Attempts = z.output<typeof AttemptRow>;

/**
 * Counts an attempt before the password is looked at, so that guesses sent all at once count too. What turns out to be
 * right is given back by `forgive`. Strangers who use up an account do not lock its person out of an address of theirs.
 * @throws Problem too_many_attempts when the account or the address is past its limit.
 */
export async function admitAttempt(on: Executor, email: string, address: string, now: Date): Promise<void> {
  await execute(on, 'DELETE FROM sign_in_failures WHERE window_start < $1', [
    new Date(now.getTime() - windowMs),
  ]);
  // The address comes first and alone: one that is past its limit fills no rows with the names it makes up.
  const [atAddress] = await count(on, [addressOf(address)], now);
  if (atAddress && atAddress.failures > limits.address) throw tooMany(atAddress, now);
  const [account, pair] = await count(on, [accountOf(email), pairOf(email, address)], now);
  if (pair && pair.failures > limits.pair) throw tooMany(pair, now);
  if (account && account.failures > limits.account && !(await isKnownAddress(on, email, address, now)))
    throw tooMany(account, now);
}

/** Adds one to each subject; answers them in the order given, which two sign-ins at once share and so never wait crosswise. */
async function count(on: Executor, subjects: readonly string[], now: Date): Promise<Attempts[]> {
  const rows = await query(on, {
    name: 'sign_in_failures.count',
    sql: `
      INSERT INTO sign_in_failures AS f (subject, window_start, failures)
      SELECT subject, $2::timestamptz, 1 FROM unnest($1::text[]) AS subject
      ON CONFLICT (subject) DO UPDATE SET failures = f.failures + 1
      RETURNING subject, failures, window_start AS "windowStart"`,
    params: [subjects, now],
    schema: AttemptRow,
  });
  return subjects.flatMap((subject) => rows.filter((row) => row.subject === subject));
}

async function isKnownAddress(on: Executor, email: string, address: string, now: Date): Promise<boolean> {
  const rows = await query(on, {
    name: 'sign_in_failures.known_address',
    sql: `
      SELECT 1 AS one
      FROM people p
      WHERE lower(p.email) = lower($1) AND (
        EXISTS (SELECT 1 FROM sessions s WHERE s.person_id = p.id AND s.address = $2 AND s.created_at > $3)
        OR EXISTS (
          SELECT 1 FROM audit_log a
          WHERE a.target = 'person:' || p.id AND a.action = 'session.start' AND a.detail->>'address' = $2 AND a.at > $3
        )
      )
      LIMIT 1`,
    params: [email, address, new Date(now.getTime() - knownAddressMs)],
    schema: z.object({ one: z.int() }),
  });
  return rows.length > 0;
}

/** A right password clears its account; of its address it gives back one attempt, for others may be guessing there. */
export async function forgive(on: Executor, email: string, address: string): Promise<void> {
  await execute(on, 'DELETE FROM sign_in_failures WHERE subject = ANY($1)', [
    [accountOf(email), pairOf(email, address)],
  ]);
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
  return `address:${networkOf(address)}`;
}

function pairOf(email: string, address: string): string {
  return `pair:${email.toLowerCase()} ${networkOf(address)}`;
}

/** Whoever has one IPv6 address has the 2^64 of its network: they count as one. */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname
    .slice(1, -1)
    .split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`;
}

function tooMany({ windowStart }: Attempts, now: Date): Problem {
  const waitMs = windowStart.getTime() + windowMs - now.getTime();
  const waitS = Math.max(1, Math.ceil(waitMs / 1000));
  const detail = `Too many sign-ins failed. Try again in ${Math.ceil(waitS / 60)} min.`;
  return new Problem('too_many_attempts', detail, { headers: { 'retry-after': String(waitS) } });
}
