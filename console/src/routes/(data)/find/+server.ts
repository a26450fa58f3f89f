import { json } from '@sveltejs/kit';
import type { DeadLetterList, SearchResult } from '#lib/api-types.ts';
import { letterStates } from '#lib/dead-letter/states.ts';
import { ask } from '#lib/server/api.ts';
import type { RequestHandler } from './$types';

const queryCharsMax = 200;

const lettersMax = 4;

/** What Ctrl+K finds: by key, id and name, and dead letters by message id, key and words. */
export const GET: RequestHandler = async (event) => {
  const q = (event.url.searchParams.get('q') ?? '').trim().slice(0, queryCharsMax);
  if (q === '') return json({ query: q, items: [], letters: [] });
  const wanted = new URLSearchParams({
    q,
    state: Object.keys(letterStates).join(','),
    snoozed: 'true',
    limit: String(lettersMax),
  });
  const [result, letters] = await Promise.all([
    ask<SearchResult>(event, `/search?q=${encodeURIComponent(q)}`, { method: 'GET' }),
    ask<DeadLetterList>(event, `/dead-letters?${wanted.toString()}`, { method: 'GET' }),
  ]);
  if (!result.ok) return json(result.problem, { status: result.problem.status });
  return json({ ...result.data, letters: letters.ok ? letters.data.items : [] });
};
