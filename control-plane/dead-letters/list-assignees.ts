import { query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { Person } from './schemas.ts';

const assigneesMax = 1000;

/** People to whom a dead letter can be given: who may sign in and act. Names alone; e-mails are for administrators. */
export function listAssignees(on: Executor) {
  return query(on, {
    name: 'dead_letters.assignees',
    sql: `SELECT id, name FROM people WHERE disabled_at IS NULL AND role <> 'viewer' ORDER BY lower(name), id LIMIT ${assigneesMax}`,
    params: [],
    schema: Person,
  });
}
