import type { Objective, ObjectiveHistory } from '#lib/api-types.ts';
import { read } from '#lib/server/api.ts';
import { figures } from '#lib/shell/live.ts';
import type { PageServerLoad } from './$types';

const choices = ['7', '30', '90'];

export const load: PageServerLoad = async (event) => {
  event.depends(figures);
  const path = `/objectives/${encodeURIComponent(event.params.name)}`;
  const asked = event.url.searchParams.get('days') ?? '';
  const days = choices.includes(asked) ? asked : '30';
  const [objective, history] = await Promise.all([
    read<Objective>(event, path),
    read<ObjectiveHistory>(event, `${path}/history`, { days }),
  ]);
  const title = objective.ok ? objective.data.title : 'Objective';
  return { title, live: true, objective, history, days, choices };
};
