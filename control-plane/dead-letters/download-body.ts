import { inTransaction } from '@plumbline/model/postgres/pool.ts';
import type { Actor } from '../actor.ts';
import { recordAct } from '../audit/record.ts';
import type { Context } from '../context.ts';
import { letterOf } from './read-letter.ts';

/** The body as it came. Whoever takes it sees what is masked everywhere else, so it is written down. @throws Problem not_found */
export async function downloadBody(
  context: Context,
  actor: Actor,
  requestId: string,
  id: string,
): Promise<Buffer> {
  const letter = await letterOf(context, id);
  await inTransaction(context.postgres, (on) =>
    recordAct(on, {
      at: context.now(),
      actor,
      action: 'dead_letters.download',
      target: `dead_letter:${id}`,
      detail: { flow: letter.flow, bytes: letter.body.length },
      requestId,
    }),
  );
  return letter.body;
}
