import type { ProbeList } from '#lib/api-types.ts';
import { readInRange } from '#lib/server/api.ts';
import { figures } from '#lib/shell/live.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  event.depends(figures);
  const list = await readInRange<ProbeList>(event, '/probes');
  return { title: 'Probes', ranged: true, list };
};
