import type { KpiList } from '#lib/api-types.ts';
import { read } from '#lib/server/api.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const { searchParams } = event.url;
  const period = searchParams.get('period') ?? 'week';
  return {
    title: 'KPIs',
    period,
    kpis: await read<KpiList>(event, '/kpis', { period, at: searchParams.get('at') }),
  };
};
