import type { Topology } from '#lib/api-types.ts';
import { readInRange } from '#lib/server/api.ts';
import { figures } from '#lib/shell/live.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  event.depends(figures);
  return { title: 'Topology', ranged: true, topology: await readInRange<Topology>(event, '/topology') };
};
