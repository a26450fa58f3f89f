import { query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import type { Actor } from '../actor.ts';

/**
 * Who is behind an actor: a person, also when a token acts that they made, or that a token of theirs made. A token
 * without a known maker stands for itself.
 */
export async function principalOf(on: Executor, actor: Actor): Promise<string> {
  if (actor.kind !== 'token') return `${actor.kind}:${actor.id}`;
  const [token] = await query(on, {
    name: 'tokens.principal',
    sql: 'SELECT created_by_id AS principal FROM tokens WHERE id = $1 LIMIT 1',
    params: [actor.id],
    schema: z.object({ principal: z.string() }),
  });
  return token?.principal || `token:${actor.id}`;
}
