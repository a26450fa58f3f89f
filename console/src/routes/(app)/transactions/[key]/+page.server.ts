import type { DeadLetter, DeadLetterList, Transaction } from '#lib/api-types.ts';
import { letterStates } from '#lib/dead-letter/states.ts';
import { read } from '#lib/server/api.ts';
import { figures } from '#lib/shell/live.ts';
import type { PageServerLoad, PageServerLoadEvent } from './$types';

/** Most letters carry the leading key of their process; a few linked ones find the rest. */
const keysMax = 6;
const lettersMax = '20';

export const load: PageServerLoad = async (event) => {
  event.depends(figures);
  const { key } = event.params;
  const transaction = await read<Transaction>(event, `/transactions/${encodeURIComponent(key)}`);
  const linked = transaction.ok ? transaction.data.keys.map((one) => one.key) : [];
  const letters = await lettersOf(event, [...new Set([key, ...linked])].slice(0, keysMax));
  return { title: key, transaction, letters };
};

/** Dead letters of some keys, each once; those that cannot be read are the first problem met. */
async function lettersOf(event: PageServerLoadEvent, keys: readonly string[]) {
  const state = Object.keys(letterStates).join(',');
  const results = await Promise.all(
    keys.map((key) =>
      read<DeadLetterList>(event, '/dead-letters', { key, state, snoozed: 'true', limit: lettersMax }),
    ),
  );
  const found: Record<string, DeadLetter> = {};
  for (const result of results) {
    if (!result.ok) return result;
    for (const letter of result.data.items) found[letter.id] = letter;
  }
  return { ok: true as const, data: Object.values(found), atMs: Date.now() };
}
