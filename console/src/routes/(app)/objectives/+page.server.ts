import type { ObjectiveList } from '#lib/api-types.ts';
import { read } from '#lib/server/api.ts';
import { figures } from '#lib/shell/live.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  event.depends(figures);
  const list = await read<ObjectiveList>(event, '/objectives');
  return { title: 'Objectives', live: true, list };
};
