import { execute, inTransaction, query } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import type { Actor } from '../actor.ts';
import { recordAct } from '../audit/record.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import type { DeadLetterNote, NewNote } from './schemas.ts';

/** Writes a note on a message or on a cause. Notes are only ever added. @throws Problem not_found */
export async function writeNote(
  context: Context,
  actor: Actor,
  requestId: string,
  { text, on: about }: z.output<typeof NewNote>,
): Promise<z.output<typeof DeadLetterNote>> {
  const note = { id: context.randomId(), at: context.now(), author: actor.name };
  const ofCause = 'cause' in about;
  await inTransaction(context.postgres, async (on) => {
    const found = await query(on, {
      name: 'dead_letters.noted',
      sql: ofCause
        ? 'SELECT flow FROM dead_letters WHERE flow = $1 AND cause = $2 LIMIT 1'
        : 'SELECT flow FROM dead_letters WHERE id = $1::uuid LIMIT 1',
      params: ofCause ? [about.flow, about.cause] : [about.deadLetter],
      schema: z.object({ flow: z.string() }),
    });
    if (!found[0]) throw new Problem('not_found', 'There is no dead letter to write this note on.');
    await execute(
      on,
      `INSERT INTO dead_letter_notes (id, flow, cause, dead_letter_id, at, author_name, text) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        note.id,
        found[0].flow,
        ofCause ? about.cause : null,
        ofCause ? null : about.deadLetter,
        note.at,
        note.author,
        text,
      ],
    );
    await recordAct(on, {
      at: note.at,
      actor,
      action: 'dead_letters.note',
      target: ofCause ? `flow:${about.flow}` : `dead_letter:${about.deadLetter}`,
      detail: ofCause ? { cause: about.cause } : {},
      requestId,
    });
  });
  context.events.publish('dead-letters.changed', { flow: ofCause ? about.flow : undefined });
  return { id: note.id, at: note.at.toISOString(), author: note.author, text, ofCause };
}
