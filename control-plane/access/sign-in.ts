import { execute, inTransaction, query } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { roles, type Actor } from '../actor.ts';
import { recordAct } from '../audit/record.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { fitsPassword } from './password.ts';
import { countFailure, forgiveAccount, refuseTooMany } from './rate-limit.ts';
import { hashSecret } from './secret.ts';
import { startSession, type Visitor } from './sessions.ts';

const AccountRow = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(roles),
  passwordHash: z.string().nullable(),
});

/** Signs a person in by e-mail and password and answers the session's secret. The answer never tells which was wrong. */
export async function signIn(
  context: Context,
  input: { email: string; password: string },
  visitor: Visitor,
  requestId: string,
): Promise<string> {
  const { postgres } = context;
  const now = context.now();
  await refuseTooMany(postgres, input.email, visitor.address, now);
  const [account] = await query(postgres, {
    name: 'people.account',
    sql: `SELECT id, name, role, password_hash AS "passwordHash" FROM people WHERE lower(email) = lower($1) AND disabled_at IS NULL LIMIT 1`,
    params: [input.email],
    schema: AccountRow,
  });
  const fits = await fitsPassword(input.password, account?.passwordHash ?? null);
  if (!account || !fits) {
    await countFailure(postgres, input.email, visitor.address, now);
    throw new Problem(
      'wrong_credentials',
      'E-mail or password is wrong. An administrator can make you a new sign-in link.',
    );
  }
  return inTransaction(postgres, async (on) => {
    await forgiveAccount(on, input.email);
    const actor: Actor = { kind: 'person', id: account.id, name: account.name, role: account.role };
    await recordAct(on, {
      at: now,
      actor,
      action: 'session.start',
      target: `person:${account.id}`,
      requestId,
    });
    return startSession(context, on, account.id, visitor);
  });
}

/** Ends the session that the actor uses, or another of the same person. */
export async function endSession(
  context: Context,
  actor: Actor,
  sessionId: string,
  requestId: string,
): Promise<void> {
  await inTransaction(context.postgres, async (on) => {
    const ended = await execute(on, 'DELETE FROM sessions WHERE id::text = $1 AND person_id::text = $2', [
      sessionId,
      actor.id,
    ]);
    if (ended === 0) throw new Problem('not_found', 'You have no such session.');
    await recordAct(on, {
      at: context.now(),
      actor,
      action: 'session.end',
      target: `session:${sessionId}`,
      requestId,
    });
  });
}

/** Ends a session by its own secret, as sign-out does even when the session is already over. */
export async function endSessionBySecret(context: Context, secret: string): Promise<void> {
  await execute(context.postgres, 'DELETE FROM sessions WHERE secret_hash = $1', [hashSecret(secret)]);
}
