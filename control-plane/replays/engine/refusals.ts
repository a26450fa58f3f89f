import { execute, type Executor } from '@plumbline/model/postgres/pool.ts';
import { causeOf } from '../../dead-letters/cause.ts';

/** A message that the target would not take: it died again, and nothing else will tell of it. */
export interface Refusal {
  readonly id: string;
  readonly position: number;
  readonly generation: number;
  readonly reason: string | null;
}

const messageMax = 4000;

/** What a refusal is as a failure: its status, where there is one, is its type. Pure. */
export function errorOf(reason: string): { type: string; message: string; cause: string } {
  const [, status, rest] = /^(HTTP \d{3})(?:: )?([\s\S]*)$/.exec(reason) ?? [undefined, 'Refused', reason];
  const error = { type: status ?? 'Refused', message: (rest ?? '').slice(0, messageMax) };
  return { ...error, cause: causeOf({ ...error, stack: '' }) };
}

/** Writes refusals as attempts of their letters, which stand under this failure from now on. */
export async function noteRefusals(
  on: Executor,
  replayId: string,
  refusals: readonly Refusal[],
  at: Date,
): Promise<void> {
  if (refusals.length === 0) return;
  const errors = refusals.map(({ reason }) => errorOf(reason ?? ''));
  await execute(
    on,
    `WITH told AS (
       SELECT * FROM unnest($3::uuid[], $4::integer[], $5::integer[], $6::text[], $7::text[], $8::text[])
         AS t (id, position, generation, error_type, error_message, cause)
     ), attempts AS (
       INSERT INTO dead_letter_attempts (dead_letter_id, source, arrival_id, generation, at, error_type, error_message, stack, reason,
         trace_id, span_id, replay_id)
       SELECT id, 'replay', $1::uuid::text || '/' || position, generation, $2::timestamptz, error_type, error_message, '', 'refused', '', '', $1::uuid
       FROM told ON CONFLICT DO NOTHING
     )
     UPDATE dead_letters d SET error_type = t.error_type, error_message = t.error_message, cause = t.cause, failed_at = $2
     FROM told t WHERE d.id = t.id`,
    [
      replayId,
      at,
      refusals.map(({ id }) => id),
      refusals.map(({ position }) => position),
      refusals.map(({ generation }) => generation),
      errors.map(({ type }) => type),
      errors.map(({ message }) => message),
      errors.map(({ cause }) => cause),
    ],
  );
}
