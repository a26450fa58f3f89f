import { query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';

const assigneesMax = 1000;
const Assignee = z.object({ id: z.string(), name: z.string() });
export type Assignee = z.infer<typeof Assignee>;
const mayAct = "disabled_at IS NULL AND role <> 'viewer'";

/** People to whom work can be given: who may sign in and act. Names alone; e-mails are for administrators. */
export function listAssignees(on: Executor): Promise<Assignee[]> {
  return query(on, {
    name: 'people.assignees',
    sql: `SELECT id, name FROM people WHERE ${mayAct} ORDER BY lower(name), id LIMIT ${assigneesMax}`,
    params: [],
    schema: Assignee,
  });
}

/** One of them; undefined: nobody of this id may act. */
export async function findAssignee(on: Executor, id: string): Promise<Assignee | undefined> {
  const [person] = await query(on, {
    name: 'people.assignee',
    sql: `SELECT id, name FROM people WHERE id::text = $1 AND ${mayAct} LIMIT 1`,
    params: [id],
    schema: Assignee,
  });
  return person;
}
