import { execute, inTransaction, query } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import type { Actor } from '../actor.ts';
import { recordAct } from '../audit/record.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { fitsPassword, hashPassword } from './password.ts';
import { admitAttempt, forgive } from './rate-limit.ts';
import { replaceSession, type Visitor } from './sessions.ts';

/**
 * A person changes their own password, ends every session of theirs, and gets a new one: its secret is the answer.
 * @throws Problem forbidden for a token, wrong_credentials, too_many_attempts
 */
export async function changePassword(
  context: Context,
  actor: Actor,
  input: { current: string; password: string },
  visitor: Visitor,
  requestId: string,
): Promise<string> {
  if (actor.kind !== 'person') throw new Problem('forbidden', 'An API token has no password to change.');
  const { postgres } = context;
  const now = context.now();
  const [account] = await query(postgres, {
    name: 'people.password',
    sql: `SELECT email, password_hash AS "passwordHash" FROM people WHERE id = $1 AND disabled_at IS NULL LIMIT 1`,
    params: [actor.id],
    schema: z.object({ email: z.string(), passwordHash: z.string().nullable() }),
  });
  // Whoever finds an unlocked screen must not be able to guess the password there.
  await admitAttempt(postgres, account?.email ?? actor.id, visitor.address, now);
  if (!account || !(await fitsPassword(input.current, account.passwordHash)))
    throw new Problem('wrong_credentials', 'The current password is wrong.', {
      errors: [{ path: 'current', message: 'this is not your password' }],
    });
  const passwordHash = await hashPassword(input.password, context.randomBytes(16));
  return inTransaction(postgres, async (on) => {
    await forgive(on, account.email, visitor.address);
    // Two changes at once: the second does not overwrite what the first has set.
    const changed = await execute(
      on,
      'UPDATE people SET password_hash = $2 WHERE id = $1 AND password_hash = $3',
      [actor.id, passwordHash, account.passwordHash],
    );
    if (changed === 0) throw new Problem('conflict', 'The password was changed meanwhile. Sign in again.');
    await execute(on, 'DELETE FROM sessions WHERE person_id = $1', [actor.id]);
    await recordAct(on, {
      at: now,
      actor,
      action: 'password.change',
      target: `person:${actor.id}`,
      requestId,
    });
    return replaceSession(context, on, actor.id, visitor);
  });
}
