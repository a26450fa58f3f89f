import { json } from '@sveltejs/kit';
import type { SearchResult } from '#lib/api-types.ts';
import { ask } from '#lib/server/api.ts';
import type { RequestHandler } from './$types';

const queryCharsMax = 200;

/** What Ctrl+K finds. */
export const GET: RequestHandler = async (event) => {
  const q = (event.url.searchParams.get('q') ?? '').trim().slice(0, queryCharsMax);
  if (q === '') return json({ query: q, items: [] } satisfies SearchResult);
  const result = await ask<SearchResult>(event, `/search?q=${encodeURIComponent(q)}`, { method: 'GET' });
  return result.ok ? json(result.data) : json(result.problem, { status: result.problem.status });
};
