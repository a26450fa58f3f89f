import type { SystemList } from '#lib/api-types.ts';
import { readInRange } from '#lib/server/api.ts';
import { figures } from '#lib/shell/live.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  event.depends(figures);
  return { title: 'Systems', ranged: true, list: await readInRange<SystemList>(event, '/systems') };
};
