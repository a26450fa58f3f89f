import { query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';

export interface JobLease {
  readonly name: string;
  readonly owner: string;
  /** Another one each time that the lease changes hands. */
  readonly epoch: string;
}

const Epoch = z.object({ epoch: z.string() });

/** Takes or renews a lease; undefined: another process has it. Time is the database's. */
export async function takeJobLease(
  on: Executor,
  name: string,
  owner: string,
  leaseMs: number,
): Promise<JobLease | undefined> {
  const [row] = await query(on, {
    name: 'leases.take',
    sql: `
      INSERT INTO job_leases AS held (name, owner, epoch, lease_until)
      VALUES ($1, $2, 1, clock_timestamp() + $3 * interval '1 millisecond')
      ON CONFLICT (name) DO UPDATE
      SET owner = excluded.owner, lease_until = excluded.lease_until,
          epoch = held.epoch + (held.owner <> excluded.owner)::int
      WHERE held.owner = excluded.owner OR held.lease_until < clock_timestamp()
      RETURNING epoch::text AS epoch`,
    params: [name, owner, leaseMs],
    schema: Epoch,
  });
  return row && { name, owner, epoch: row.epoch };
}

/** Whether a lease is still ours, held for the rest of the transaction: what is written in it counts. */
export async function holdsLease(on: Executor, { name, owner, epoch }: JobLease): Promise<boolean> {
  const rows = await query(on, {
    name: 'leases.hold',
    sql: `
      SELECT epoch::text AS epoch FROM job_leases
      WHERE name = $1 AND owner = $2 AND epoch = $3::bigint LIMIT 1 FOR UPDATE`,
    params: [name, owner, epoch],
    schema: Epoch,
  });
  return rows.length === 1;
}
