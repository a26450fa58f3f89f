import { execute, inTransaction, query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { plumbline, type Actor } from '../actor.ts';
import { recordAct } from '../audit/record.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { hashPassword } from './password.ts';
import { hashSecret, newSecret } from './secret.ts';
import { startSession, type Visitor } from './sessions.ts';

const linkMsMax = 24 * 3_600_000;

/** Makes a one-time link by which a person chooses a password; without a person, by which the first administrator signs up. */
export async function createLink(context: Context, on: Executor, personId: string | null): Promise<string> {
  const secret = newSecret('pluml', context.randomBytes);
  const now = context.now();
  await execute(on, 'DELETE FROM sign_in_links WHERE person_id IS NOT DISTINCT FROM $1 OR expires_at < $2', [
    personId,
    now,
  ]);
  await execute(
    on,
    'INSERT INTO sign_in_links (secret_hash, person_id, created_at, expires_at) VALUES ($1, $2, $3, $4)',
    [hashSecret(secret), personId, now, new Date(now.getTime() + linkMsMax)],
  );
  return `${context.config.publicUrl}/welcome?token=${secret}`;
}

/** Whether somebody can administer already. */
export async function hasAdministrator(on: Executor): Promise<boolean> {
  const rows = await query(on, {
    name: 'people.administrators',
    sql: `SELECT 1 AS one FROM people WHERE role = 'admin' AND disabled_at IS NULL AND password_hash IS NOT NULL LIMIT 1`,
    params: [],
    schema: z.object({ one: z.int() }),
  });
  return rows.length > 0;
}

const LinkRow = z.object({ personId: z.string().nullable() });

/** Follows a one-time link: sets name and password (and e-mail, for the first administrator) and signs in. */
export async function followLink(
  context: Context,
  input: { token: string; name: string; email: string; password: string },
  visitor: Visitor,
  requestId: string,
): Promise<string> {
  // Hashing takes long, so it is done before the transaction holds a row.
  const passwordHash = await hashPassword(input.password, context.randomBytes(16));
  return inTransaction(context.postgres, async (on) => {
    const now = context.now();
    const [link] = await query(on, {
      name: 'links.use',
      sql: `UPDATE sign_in_links SET used_at = $2 WHERE secret_hash = $1 AND used_at IS NULL AND expires_at > $2 RETURNING person_id AS "personId"`,
      params: [hashSecret(input.token), now],
      schema: LinkRow,
    });
    if (!link)
      throw new Problem(
        'link_used',
        'This link was used or has expired. Ask for a new one: npx plumbline sign-in-link, or an administrator.',
      );
    const actor =
      link.personId === null
        ? await createFirstAdministrator(context, on, input, passwordHash)
        : await choosePassword(on, link.personId, input.name, passwordHash);
    await recordAct(on, {
      at: now,
      actor,
      action: 'welcome.follow',
      target: `person:${actor.id}`,
      requestId,
    });
    return startSession(context, on, actor.id, visitor);
  });
}

async function createFirstAdministrator(
  context: Context,
  on: Executor,
  input: { name: string; email: string },
  passwordHash: string,
): Promise<Actor> {
  if (await hasAdministrator(on))
    throw new Problem('link_used', 'There is an administrator already: sign in, or ask them.');
  const id = context.randomId();
  const created = await execute(
    on,
    `INSERT INTO people (id, email, name, role, password_hash, created_at) VALUES ($1, $2, $3, 'admin', $4, $5)
     ON CONFLICT DO NOTHING`,
    [id, input.email, input.name, passwordHash, context.now()],
  );
  if (created === 0) throw new Problem('conflict', 'Somebody with this e-mail exists already.');
  return { kind: 'person', id, name: input.name, role: 'admin' };
}

const PersonRow = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(['viewer', 'operator', 'engineer', 'admin']),
});

async function choosePassword(
  on: Executor,
  personId: string,
  name: string,
  passwordHash: string,
): Promise<Actor> {
  const [person] = await query(on, {
    name: 'people.choose_password',
    sql: 'UPDATE people SET password_hash = $2, name = $3 WHERE id = $1 AND disabled_at IS NULL RETURNING id, name, role',
    params: [personId, passwordHash, name],
    schema: PersonRow,
  });
  if (!person) throw new Problem('link_used', 'This person may not sign in any more.');
  // Whoever held a session under the old password is out.
  await execute(on, 'DELETE FROM sessions WHERE person_id = $1', [personId]);
  return { kind: 'person', ...person };
}

/** Makes the link for the first administrator while there is none; answers it, or undefined when it is not needed. */
export async function offerFirstLink(context: Context): Promise<string | undefined> {
  return inTransaction(context.postgres, async (on) => {
    if (await hasAdministrator(on)) return undefined;
    const link = await createLink(context, on, null);
    await recordAct(on, {
      at: context.now(),
      actor: plumbline,
      action: 'welcome.offer',
      target: 'first-administrator',
      requestId: 'start',
    });
    return link;
  });
}
