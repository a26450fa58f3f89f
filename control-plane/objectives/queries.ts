import { execute, query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { ObjectiveState } from '@plumbline/slo/evaluate.ts';
import type { Kept, Outcome } from '@plumbline/slo/tick.ts';
import { z } from 'zod';
import { ObjectiveFigures } from './schemas.ts';

const objectivesMax = 10_000;

const KeptRow = z.object({ name: z.string(), state: ObjectiveState, createdMinute: z.coerce.number() });

/** What every objective remembers, by name. One whose memory has another shape begins anew. */
export async function readKept(on: Executor): Promise<Map<string, Kept>> {
  const rows = await query(on, {
    name: 'objectives.kept',
    sql: `SELECT name, state, created_minute AS "createdMinute" FROM objective_states ORDER BY name LIMIT ${objectivesMax}`,
    params: [],
    schema: KeptRow,
  });
  return new Map(
    rows.map(({ name, state, createdMinute }) => [name, { state, createdMinute, corrections: [] }]),
  );
}

/** Stores what a tick found of all objectives with one statement, and forgets those that are declared no more. */
export async function storeOutcomes(
  on: Executor,
  outcomes: readonly Outcome[],
  createdMinuteOf: (name: string) => number,
  now: Date,
): Promise<void> {
  const rows = outcomes.map(({ objective, state, explanation }) => ({
    name: objective.name,
    state,
    explanation: ObjectiveFigures.parse(explanation),
    created_minute: createdMinuteOf(objective.name),
  }));
  await execute(
    on,
    `INSERT INTO objective_states (name, state, explanation, created_minute, evaluated_at)
     SELECT name, state, explanation, created_minute, $2
     FROM jsonb_to_recordset($1::jsonb) AS found (name text, state jsonb, explanation jsonb, created_minute bigint)
     ON CONFLICT (name) DO UPDATE
     SET state = excluded.state, explanation = excluded.explanation, evaluated_at = excluded.evaluated_at`,
    [JSON.stringify(rows), now],
  );
  await execute(on, 'DELETE FROM objective_states WHERE name <> ALL ($1::text[])', [
    rows.map(({ name }) => name),
  ]);
}

/** Ends alerts under a prefix that do not fire now, whatever became of the objective. */
export async function clearOthers(
  on: Executor,
  prefix: string,
  firing: readonly string[],
  now: Date,
): Promise<void> {
  await execute(
    on,
    `UPDATE alerts SET resolved_at = greatest($2, fired_at)
     WHERE resolved_at IS NULL AND starts_with(key, $3) AND key <> ALL ($1::text[])`,
    [firing, now, prefix],
  );
}

/** Keys under a prefix that fire now. */
export async function readLasting(on: Executor, prefix: string): Promise<Set<string>> {
  const rows = await query(on, {
    name: 'objectives.lasting',
    sql: `SELECT key FROM alerts WHERE resolved_at IS NULL AND starts_with(key, $1) ORDER BY key LIMIT ${3 * objectivesMax}`,
    params: [prefix],
    schema: z.object({ key: z.string() }),
  });
  return new Set(rows.map(({ key }) => key));
}

/** What the keys of alerts of objectives begin with. */
export const keyPrefix = 'objective:';

const FoundRow = z.object({
  name: z.string(),
  figures: ObjectiveFigures,
  state: ObjectiveState,
  evaluatedAt: z.date().transform((at) => at.toISOString()),
});
export type FoundRow = z.output<typeof FoundRow>;

/** What the last tick found, by name. */
export async function readFound(on: Executor): Promise<Map<string, FoundRow>> {
  const rows = await query(on, {
    name: 'objectives.found',
    sql: `
      SELECT name, explanation AS figures, state, evaluated_at AS "evaluatedAt"
      FROM objective_states ORDER BY name LIMIT ${objectivesMax}`,
    params: [],
    schema: FoundRow,
  });
  return new Map(rows.map((row) => [row.name, row]));
}
