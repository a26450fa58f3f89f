import type { Kpi, KpiRows } from '#lib/api-types.ts';
import { read } from '#lib/server/api.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const asked = (name: string) => event.url.searchParams.get(name);
  const period = asked('period') ?? 'week';
  const path = `/kpis/${encodeURIComponent(event.params.name)}`;
  const of = { period, at: asked('at') };
  const [kpi, rows] = await Promise.all([
    read<Kpi>(event, path, of),
    read<KpiRows>(event, `${path}/rows`, {
      ...of,
      only: asked('only'),
      by: asked('by'),
      value: asked('value'),
      cursor: asked('cursor'),
    }),
  ]);
  return { title: kpi.ok ? kpi.data.title : 'KPI', period, kpi, rows };
};
