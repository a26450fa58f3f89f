import { execute, inTransaction, query } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { roles, type Actor, type Role } from '../actor.ts';
import { recordAct } from '../audit/record.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { principalOf } from './principal.ts';
import { hashSecret, newSecret } from './secret.ts';

const tokensMax = 1000;
const iso = (at: Date | null): string | null => at?.toISOString() ?? null;

const TokenRow = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(roles),
  createdBy: z.string(),
  createdAt: z.date().transform((at) => at.toISOString()),
  expiresAt: z.date().nullable().transform(iso),
  lastUsedAt: z.date().nullable().transform(iso),
});
export type Token = z.output<typeof TokenRow>;

/** Tokens that still work, newest first. */
export function listTokens(context: Context): Promise<Token[]> {
  return query(context.postgres, {
    name: 'tokens.list',
    sql: `
      SELECT id, name, role, created_by AS "createdBy", created_at AS "createdAt", expires_at AS "expiresAt", last_used_at AS "lastUsedAt"
      FROM tokens
      WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $1)
      ORDER BY created_at DESC, id
      LIMIT ${tokensMax}`,
    params: [context.now()],
    schema: TokenRow,
  });
}

/** Makes a token. Its secret is in this answer and nowhere else. */
export async function createToken(
  context: Context,
  actor: Actor,
  input: { name: string; role: Role; expiresInDays: number | null },
  requestId: string,
): Promise<{ token: Token; secret: string }> {
  const secret = newSecret('plumb', context.randomBytes);
  const id = context.randomId();
  const at = context.now();
  const expiresAt =
    input.expiresInDays === null ? null : new Date(at.getTime() + input.expiresInDays * 86_400_000);
  await inTransaction(context.postgres, async (on) => {
    await execute(
      on,
      'INSERT INTO tokens (id, secret_hash, name, role, created_by, created_at, expires_at, created_by_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)',
      [
        id,
        hashSecret(secret),
        input.name,
        input.role,
        actor.name,
        at,
        expiresAt,
        actor.kind === 'system' ? '' : await principalOf(on, actor),
      ],
    );
    await recordAct(on, {
      at,
      actor,
      action: 'tokens.create',
      target: `token:${id}`,
      detail: { name: input.name, role: input.role, expiresAt: iso(expiresAt) },
      requestId,
    });
  });
  const token: Token = {
    id,
    name: input.name,
    role: input.role,
    createdBy: actor.name,
    createdAt: at.toISOString(),
    expiresAt: iso(expiresAt),
    lastUsedAt: null,
  };
  return { token, secret };
}

/** Ends a token at once. */
export async function revokeToken(
  context: Context,
  actor: Actor,
  id: string,
  requestId: string,
): Promise<void> {
  await inTransaction(context.postgres, async (on) => {
    const at = context.now();
    const revoked = await execute(
      on,
      'UPDATE tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL',
      [id, at],
    );
    if (revoked === 0) throw new Problem('not_found', 'There is no such token, or it was revoked already.');
    await recordAct(on, { at, actor, action: 'tokens.revoke', target: `token:${id}`, requestId });
  });
}
