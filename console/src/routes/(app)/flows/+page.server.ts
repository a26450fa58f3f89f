import type { FlowList } from '#lib/api-types.ts';
import { readInRange } from '#lib/server/api.ts';
import { figures } from '#lib/shell/live.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  event.depends(figures);
  return { title: 'Flows', ranged: true, list: await readInRange<FlowList>(event, '/flows') };
};
