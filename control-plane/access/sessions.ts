import { execute, inTransaction, query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { roles, type Actor } from '../actor.ts';
import { recordAct } from '../audit/record.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { hashSecret, newSecret } from './secret.ts';

export const sessionCookie = '__Host-plumbline';

export const idleMsMax = 12 * 3_600_000;
export const lifeMsMax = 7 * 86_400_000;
/** Last use is written down at most so often: a read must not cost a write each time. */
const touchMs = 60_000;
const sessionsShownMax = 100;

/** Value of the Set-Cookie header that gives a browser its session, or takes it away with an empty secret. */
export function sessionCookieHeader(secret: string, maxAgeSeconds: number): string {
  return `${sessionCookie}=${secret}; Path=/; Max-Age=${maxAgeSeconds}; Secure; HttpOnly; SameSite=Lax`;
}

export interface Visitor {
  readonly address: string;
  readonly userAgent: string;
  /** The session that the browser has already, which a new one replaces. */
  readonly secret: string | undefined;
}

/** Starts a session with a fresh secret and ends the browser's earlier one: a secret known before is worth nothing after. */
export async function replaceSession(
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
  await execute(on, 'DELETE FROM sessions WHERE secret_hash = $1 OR expires_at < $2 OR last_seen_at < $3', [
    hashSecret(visitor.secret ?? ''),
    now,
    idleSince(now),
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
    params: [hashSecret(secret), now, idleSince(now)],
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

const OwnSession = z.object({
  id: z.string(),
  createdAt: z.date().transform((at) => at.toISOString()),
  lastSeenAt: z.date().transform((at) => at.toISOString()),
  address: z.string(),
  userAgent: z.string(),
});

/** Sessions of a person that still work, the one used last first. */
export async function listSessions(context: Context, actor: Actor) {
  const now = context.now();
  const rows = await query(context.postgres, {
    name: 'sessions.list',
    sql: `
      SELECT id, created_at AS "createdAt", last_seen_at AS "lastSeenAt", address, user_agent AS "userAgent"
      FROM sessions
      WHERE person_id = $1 AND expires_at > $2 AND last_seen_at > $3
      ORDER BY last_seen_at DESC, id
      LIMIT ${sessionsShownMax}`,
    params: [actor.id, now, idleSince(now)],
    schema: OwnSession,
  });
  return rows.map((row) => ({ ...row, current: row.id === actor.sessionId }));
}

/** Ends the session that the actor uses, or another of the same person. @throws Problem not_found */
export async function endSession(
  context: Context,
  actor: Actor,
  sessionId: string,
  requestId: string,
): Promise<void> {
  await inTransaction(context.postgres, async (on) => {
    const ended = await execute(on, 'DELETE FROM sessions WHERE id = $1 AND person_id = $2', [
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

/** Sessions that were used last before this instant are over. */
function idleSince(now: Date): Date {
  return new Date(now.getTime() - idleMsMax);
}
