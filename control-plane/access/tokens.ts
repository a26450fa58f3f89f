import { execute, query } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { roles, type Actor } from '../actor.ts';
import type { Context } from '../context.ts';
import { hashSecret } from './secret.ts';

const touchMs = 60_000;

const TokenRow = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(roles),
  lastUsedAt: z.date().nullable(),
});

/** The actor that a bearer token stands for; undefined when it is unknown, revoked or expired. */
export async function actorOfToken(context: Context, secret: string): Promise<Actor | undefined> {
  const now = context.now();
  const [row] = await query(context.postgres, {
    name: 'tokens.find',
    sql: `
      SELECT id, name, role, last_used_at AS "lastUsedAt"
      FROM tokens
      WHERE secret_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
      LIMIT 1`,
    params: [hashSecret(secret), now],
    schema: TokenRow,
  });
  if (!row) return undefined;
  if (!row.lastUsedAt || now.getTime() - row.lastUsedAt.getTime() > touchMs) {
    await execute(context.postgres, 'UPDATE tokens SET last_used_at = $2 WHERE id = $1', [row.id, now]);
  }
  return { kind: 'token', id: row.id, name: row.name, role: row.role };
}
