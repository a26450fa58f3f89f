import { execute, inTransaction, query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { roles, type Actor, type Role } from '../actor.ts';
import { recordAct } from '../audit/record.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { createLink, hasAdministrator } from './links.ts';

const peopleMax = 1000;

const PersonRow = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  role: z.enum(roles),
  createdAt: z.date().transform((at) => at.toISOString()),
  disabledAt: z
    .date()
    .nullable()
    .transform((at) => at?.toISOString() ?? null),
  /** False until they have followed their link. */
  hasPassword: z.boolean(),
});
export type Person = z.output<typeof PersonRow>;

const columns = `id, email, name, role, created_at AS "createdAt", disabled_at AS "disabledAt", password_hash IS NOT NULL AS "hasPassword"`;

export function listPeople(context: Context): Promise<Person[]> {
  return query(context.postgres, {
    name: 'people.list',
    sql: `SELECT ${columns} FROM people ORDER BY lower(name), id LIMIT ${peopleMax}`,
    params: [],
    schema: PersonRow,
  });
}

/** The e-mail of a person; empty when there is no such person. */
export async function emailOf(context: Context, id: string): Promise<string> {
  const [person] = await query(context.postgres, {
    name: 'people.email',
    sql: 'SELECT email FROM people WHERE id = $1 LIMIT 1',
    params: [id],
    schema: z.object({ email: z.string() }),
  });
  return person?.email ?? '';
}

async function findPerson(on: Executor, id: string): Promise<Person> {
  const [person] = await query(on, {
    name: 'people.find',
    sql: `SELECT ${columns} FROM people WHERE id = $1 LIMIT 1`,
    params: [id],
    schema: PersonRow,
  });
  if (!person) throw new Problem('not_found', 'There is no such person.');
  return person;
}

/** Invites a person; the link is theirs to follow once. */
export async function invitePerson(
  context: Context,
  actor: Actor,
  input: { email: string; name: string; role: Role },
  requestId: string,
): Promise<{ person: Person; link: string }> {
  return inTransaction(context.postgres, async (on) => {
    const id = context.randomId();
    const at = context.now();
    const created = await execute(
      on,
      'INSERT INTO people (id, email, name, role, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING',
      [id, input.email, input.name, input.role, at],
    );
    if (created === 0)
      throw new Problem('conflict', `Somebody with the e-mail ${input.email} exists already.`);
    await recordAct(on, {
      at,
      actor,
      action: 'people.invite',
      target: `person:${id}`,
      detail: { email: input.email, role: input.role },
      requestId,
    });
    return { person: await findPerson(on, id), link: await createLink(context, on, id) };
  });
}

/** Changes role or access. A person who may not come in any more loses every session at once. */
export async function changePerson(
  context: Context,
  actor: Actor,
  id: string,
  change: { role?: Role | undefined; disabled?: boolean | undefined },
  requestId: string,
): Promise<Person> {
  return inTransaction(context.postgres, async (on) => {
    // Two administrators who demote each other at once must not both succeed.
    await on.query(`SELECT id FROM people WHERE role = 'admin' ORDER BY id FOR UPDATE`);
    const before = await findPerson(on, id);
    const at = context.now();
    const disabledAt =
      change.disabled === undefined ? before.disabledAt : change.disabled ? (before.disabledAt ?? at) : null;
    await execute(on, 'UPDATE people SET role = $2, disabled_at = $3 WHERE id = $1', [
      id,
      change.role ?? before.role,
      disabledAt,
    ]);
    if (canAdminister(before) && !(await hasAdministrator(on))) {
      throw new Problem('last_administrator', 'Make somebody else an administrator first.');
    }
    if (disabledAt) await execute(on, 'DELETE FROM sessions WHERE person_id = $1', [id]);
    await recordAct(on, {
      at,
      actor,
      action: 'people.change',
      target: `person:${id}`,
      detail: { from: { role: before.role, disabled: before.disabledAt !== null }, to: change },
      requestId,
    });
    return findPerson(on, id);
  });
}

/** A new one-time link for a person who forgot their password or lost the first link. */
export async function renewLink(
  context: Context,
  actor: Actor,
  id: string,
  requestId: string,
): Promise<string> {
  return inTransaction(context.postgres, async (on) => {
    const person = await findPerson(on, id);
    if (person.disabledAt)
      throw new Problem('conflict', `${person.name} may not sign in. Let them in again first.`);
    await recordAct(on, {
      at: context.now(),
      actor,
      action: 'people.renew-link',
      target: `person:${person.id}`,
      requestId,
    });
    return createLink(context, on, person.id);
  });
}

/** Somebody who was invited but never chose a password administers nothing yet. */
function canAdminister(person: Person): boolean {
  return person.role === 'admin' && person.disabledAt === null && person.hasPassword;
}
