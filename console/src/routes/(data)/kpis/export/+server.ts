import { passOn } from '#lib/server/pass-on.ts';
import type { RequestHandler } from './$types';

/** Passes KPIs on as CSV: all of them, or the rows of the one that is named. */
export const GET: RequestHandler = (event) => {
  const query = new URLSearchParams(event.url.search);
  const name = query.get('name');
  query.delete('name');
  const path = name === null ? '/kpis.csv' : `/kpis/${encodeURIComponent(name)}/rows.csv`;
  return passOn(event, `${path}?${query.toString()}`, {
    name: `${name === null ? 'kpis' : 'kpi-rows'}.csv`,
    type: 'text/csv; charset=utf-8',
  });
};
