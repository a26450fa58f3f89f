import { execute, inTransaction, query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { plumbline, type Actor } from '../actor.ts';
import { recordAct } from '../audit/record.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { hashPassword } from './password.ts';
import { hashSecret, newSecret } from './secret.ts';
import { replaceSession, type Visitor } from './sessions.ts';

const linkMsMax = 24 * 3_600_000;
/** Any number that nothing else in this database locks. */
const firstAdministratorLock = 7_104_302_194;

/** Makes a one-time link by which a person chooses a password; without a person, by which the first administrator signs up. */
export async function createLink(context: Context, on: Executor, personId: string | null): Promise<string> {
  const secret = newSecret('pluml', context.randomBytes);
  const now = context.now();
  // A person has one link. The first administrator may have several, one from each process that offers them.
  await execute(on, 'DELETE FROM sign_in_links WHERE person_id = $1 OR expires_at < $2', [personId, now]);
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
  // Hashing takes long: only a link that works earns it, and no row is held meanwhile.
  await checkLink(context, input);
  const passwordHash = await hashPassword(input.password, context.randomBytes(16));
  return inTransaction(context.postgres, async (on) => {
    const now = context.now();
    const [link] = await query(on, {
      name: 'links.use',
      sql: `UPDATE sign_in_links SET used_at = $2 WHERE secret_hash = $1 AND used_at IS NULL AND expires_at > $2 RETURNING person_id AS "personId"`,
      params: [hashSecret(input.token), now],
      schema: LinkRow,
    });
    if (!link) throw linkUsed();
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
    return replaceSession(context, on, actor.id, visitor);
  });
}

/** Refuses a link that does not work, and one that was made for another e-mail address. @throws Problem */
async function checkLink(context: Context, input: { token: string; email: string }): Promise<void> {
  const [link] = await query(context.postgres, {
    name: 'links.find',
    sql: `
      SELECT p.email
      FROM sign_in_links l LEFT JOIN people p ON p.id = l.person_id
      WHERE l.secret_hash = $1 AND l.used_at IS NULL AND l.expires_at > $2
      LIMIT 1`,
    params: [hashSecret(input.token), context.now()],
    schema: z.object({ email: z.string().nullable() }),
  });
  if (!link) throw linkUsed();
  if (link.email !== null && link.email.toLowerCase() !== input.email.toLowerCase()) {
    throw new Problem('bad_request', 'This link was made for another e-mail address.', {
      errors: [{ path: 'email', message: 'write the address that you were invited by' }],
    });
  }
}

function linkUsed(): Problem {
  return new Problem(
    'link_used',
    'This link was used or has expired. Ask for a new one: npx plumbline sign-in-link, or an administrator.',
  );
}

async function createFirstAdministrator(
  context: Context,
  on: Executor,
  input: { name: string; email: string },
  passwordHash: string,
): Promise<Actor> {
  // Two people who follow two links at once must not both become the first.
  await on.query('SELECT pg_advisory_xact_lock($1)', [firstAdministratorLock]);
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
  await execute(on, 'DELETE FROM sign_in_links WHERE person_id IS NULL');
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
