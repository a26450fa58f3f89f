import type { KpiList, KpiReportList } from '#lib/api-types.ts';
import { read } from '#lib/server/api.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const { searchParams } = event.url;
  const period = searchParams.get('period') ?? 'week';
  const [kpis, reports] = await Promise.all([
    read<KpiList>(event, '/kpis', { period, at: searchParams.get('at') }),
    read<KpiReportList>(event, '/kpi-reports'),
  ]);
  return {
    title: 'KPIs',
    period,
    kpis,
    reports,
  };
};
