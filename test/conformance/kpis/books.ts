import { createPostgres, type Postgres } from '@plumbline/model/postgres/pool.ts';
import { databaseUrlOf, openTables } from '../../distributor/live/tables.ts';
import { flowSpec } from '../../distributor/business/flows.ts';
import type { Step } from '../../distributor/business/types.ts';

/**
 * What the systems' tables forget, because they keep only how things stand now: who stated what when, every stock figure,
 * and every attempt to hand a message over. Kept beside them in the same database.
 */
const tables = `
  CREATE SCHEMA books;
  CREATE TABLE books.statement (name text, subject text, order_no text, at timestamptz);
  CREATE TABLE books.stock (system text, level text, at timestamptz, on_hand numeric, unit_cost numeric, class text);
  CREATE TABLE books.movement (movement text PRIMARY KEY, level text, quantity numeric, moved_at timestamptz, booked_at timestamptz);
  CREATE TABLE books.attempt (flow text, message text, at timestamptz, outcome text, failed boolean, is_http boolean,
    says_outcome boolean, duration_ns bigint);`;

/** Keeps the books of all systems, as the live distributor does in PostgreSQL. */
export async function keepBooks(serverUrl: string, steps: readonly Step[]): Promise<Postgres> {
  const own = await openTables(serverUrl, true);
  for (const step of steps) if (step.kind === 'record') own.put(step);
  await own.store();
  await own.close();
  const pool = createPostgres(databaseUrlOf(serverUrl), { connectionsMax: 2, statementMsMax: 120_000 });
  await pool.query(tables);
  const insert = (sql: string, rows: readonly object[]) => pool.query(sql, [JSON.stringify(rows)]);
  await insert(
    `INSERT INTO books.statement SELECT name, subject, order_no, at FROM
     jsonb_to_recordset($1) AS r (name text, subject text, order_no text, at timestamptz)`,
    steps.flatMap(statementOf),
  );
  await insert(
    `INSERT INTO books.stock SELECT system, level, at, on_hand, unit_cost, class FROM
     jsonb_to_recordset($1) AS r (system text, level text, at timestamptz, on_hand numeric, unit_cost numeric, class text)`,
    steps.flatMap(stockOf),
  );
  await insert(
    `INSERT INTO books.movement SELECT movement, max(level), max(quantity) FILTER (WHERE NOT booked),
       min(at) FILTER (WHERE NOT booked), min(at) FILTER (WHERE booked) FROM
     jsonb_to_recordset($1) AS r (movement text, level text, quantity numeric, at timestamptz, booked boolean) GROUP BY movement`,
    steps.flatMap(movementOf),
  );
  await insert(
    `INSERT INTO books.attempt SELECT flow, message, at, outcome, failed, is_http, says_outcome, duration_ns FROM
     jsonb_to_recordset($1) AS r (flow text, message text, at timestamptz, outcome text, failed boolean, is_http boolean,
       says_outcome boolean, duration_ns bigint)`,
    steps.flatMap(attemptOf),
  );
  return pool;
}

const instant = (atMs: number) => new Date(Math.floor(atMs)).toISOString();
const idIn = (keys: readonly string[], entity: string) =>
  keys.find((key) => key.startsWith(`${entity}:`))?.slice(entity.length + 1) ?? null;

function statementOf(step: Step): object[] {
  if (step.kind !== 'fact') return [];
  const { name, keys } = step.fact;
  const [first = ''] = keys;
  const subject = first.slice(first.indexOf(':') + 1);
  return [{ name, subject, order_no: idIn(keys, 'order'), at: instant(step.atMs) }];
}

function stockOf(step: Step): object[] {
  if (step.kind !== 'record' || step.record.entity !== 'stock_level') return [];
  const { system, id, fields } = step.record;
  if (fields['on_hand'] === undefined) return [];
  const { on_hand, unit_cost, abc_class } = fields;
  return [{ system, level: id, at: instant(step.atMs), on_hand, unit_cost, class: abc_class }];
}

function movementOf(step: Step): object[] {
  if (step.kind !== 'fact') return [];
  const { name, keys, fields } = step.fact;
  const booked = name === 'stock_movement.booked';
  if (!booked && name !== 'stock_movement.posted') return [];
  return [
    {
      movement: idIn(keys, 'stock_movement'),
      level: idIn(keys, 'stock_level'),
      quantity: fields['stock.quantity'] ?? null,
      at: instant(step.atMs),
      booked,
    },
  ];
}

function attemptOf(step: Step): object[] {
  if (step.kind !== 'attempted') return [];
  const { message, outcome, failure, durationMs } = step;
  const spec = flowSpec(message.flow);
  return [
    {
      flow: message.flow,
      message: message.id,
      at: instant(step.atMs),
      outcome,
      failed: failure !== undefined,
      is_http: spec.transport.kind === 'http',
      // What cannot be reached is told of by the sender, all else by the target.
      says_outcome: (failure?.unreachable ? spec.sourceVoice : spec.targetVoice) === 'own',
      duration_ns: Math.round(durationMs * 1e6),
    },
  ];
}
