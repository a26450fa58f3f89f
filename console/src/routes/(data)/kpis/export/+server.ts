import { callApi } from '#lib/server/api.ts';
import type { RequestHandler } from './$types';

/** Passes KPIs on as CSV: all of them, or the rows of the one that is named. */
export const GET: RequestHandler = async (event) => {
  const query = new URLSearchParams(event.url.search);
  const name = query.get('name');
  query.delete('name');
  const path = name === null ? '/kpis.csv' : `/kpis/${encodeURIComponent(name)}/rows.csv`;
  try {
    const upstream = await callApi(event, `${path}?${query.toString()}`, { signal: event.request.signal });
    if (!upstream.ok) return new Response('The API refused the export.', { status: upstream.status });
    return new Response(upstream.body, {
      headers: {
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': `attachment; filename="${name === null ? 'kpis' : 'kpi-rows'}.csv"`,
        'cache-control': 'no-store',
      },
    });
  } catch {
    return new Response('The API does not answer.', { status: 503 });
  }
};
