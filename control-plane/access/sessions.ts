import { execute, query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { roles, type Actor } from '../actor.ts';
import type { Context } from '../context.ts';
import { hashSecret, newSecret } from './secret.ts';

export const sessionCookie = '__Host-plumbline';

export const idleMsMax = 12 * 3_600_000;
export const lifeMsMax = 7 * 86_400_000;
/** Last use is written down at most so often: a read must not cost a write each time. */
const touchMs = 60_000;

/** Value of the Set-Cookie header that gives a browser its session, or takes it away with an empty secret. */
export function sessionCookieHeader(secret: string, maxAgeSeconds: number): string {
  return `${sessionCookie}=${secret}; Path=/; Max-Age=${maxAgeSeconds}; Secure; HttpOnly; SameSite=Lax`;
}

export interface Visitor {
  readonly address: string;
  readonly userAgent: string;
}

/** Starts a session with a fresh secret: a secret from before the sign-in is never taken over. */
export async function startSession(
  context: Context,
  on: Executor,
  personId: string,
  visitor: Visitor,
): Promise<string> {
  const secret = newSecret('plums', context.randomBytes);
  const now = context.now();
  await execute(
    on,
    `INSERT INTO sessions (id, secret_hash, person_id, created_at, last_seen_at, expires_at, address, user_agent)
     VALUES ($1, $2, $3, $4, $4, $5, $6, $7)`,
    [
      context.randomId(),
      hashSecret(secret),
      personId,
      now,
      new Date(now.getTime() + lifeMsMax),
      visitor.address.slice(0, 100),
      visitor.userAgent.slice(0, 300),
    ],
  );
  await execute(on, 'DELETE FROM sessions WHERE expires_at < $1 OR last_seen_at < $2', [
    now,
    new Date(now.getTime() - idleMsMax),
  ]);
  return secret;
}

const SessionRow = z.object({
  sessionId: z.string(),
  personId: z.string(),
  name: z.string(),
  role: z.enum(roles),
  lastSeenAt: z.date(),
});

/** The person whose session this is; undefined when it ended, or when the person may not come in any more. */
export async function actorOfSession(context: Context, secret: string): Promise<Actor | undefined> {
  const now = context.now();
  const [row] = await query(context.postgres, {
    name: 'sessions.find',
    sql: `
      SELECT s.id AS "sessionId", p.id AS "personId", p.name, p.role, s.last_seen_at AS "lastSeenAt"
      FROM sessions s JOIN people p ON p.id = s.person_id
      WHERE s.secret_hash = $1 AND s.expires_at > $2 AND s.last_seen_at > $3 AND p.disabled_at IS NULL
      LIMIT 1`,
    params: [hashSecret(secret), now, new Date(now.getTime() - idleMsMax)],
    schema: SessionRow,
  });
  if (!row) return undefined;
  if (now.getTime() - row.lastSeenAt.getTime() > touchMs) {
    await execute(context.postgres, 'UPDATE sessions SET last_seen_at = $2 WHERE id = $1', [
      row.sessionId,
      now,
    ]);
  }
  return { kind: 'person', id: row.personId, name: row.name, role: row.role, sessionId: row.sessionId };
}
