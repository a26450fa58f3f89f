import { inTransaction, query } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { roles, type Actor } from '../actor.ts';
import { recordAct } from '../audit/record.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { fitsPassword } from './password.ts';
import { admitAttempt, forgive } from './rate-limit.ts';
import { replaceSession, type Visitor } from './sessions.ts';

const AccountRow = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(roles),
  passwordHash: z.string().nullable(),
});

/**
 * Signs a person in by e-mail and password and answers the session's secret. The answer never tells which was wrong.
 * @throws Problem wrong_credentials, too_many_attempts, busy
 */
export async function signIn(
  context: Context,
  input: { email: string; password: string },
  visitor: Visitor,
  requestId: string,
): Promise<string> {
  const { postgres } = context;
  const now = context.now();
  await admitAttempt(postgres, input.email, visitor.address, now);
  const [account] = await query(postgres, {
    name: 'people.account',
    sql: `SELECT id, name, role, password_hash AS "passwordHash" FROM people WHERE lower(email) = lower($1) AND disabled_at IS NULL LIMIT 1`,
    params: [input.email],
    schema: AccountRow,
  });
  const fits = await fitsPassword(input.password, account?.passwordHash ?? null);
  if (!account || !fits) {
    context.log.warn('sign-in failed', { requestId, address: visitor.address });
    throw new Problem('wrong_credentials', 'Check both. An administrator can make you a new sign-in link.');
  }
  return inTransaction(postgres, async (on) => {
    await forgive(on, input.email, visitor.address);
    const actor: Actor = { kind: 'person', id: account.id, name: account.name, role: account.role };
    await recordAct(on, {
      at: now,
      actor,
      action: 'session.start',
      target: `person:${account.id}`,
      detail: { address: visitor.address },
      requestId,
    });
    return replaceSession(context, on, account.id, visitor);
  });
}
