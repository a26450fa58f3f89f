import type { Overview } from '#lib/api-types.ts';
import { readInRange } from '#lib/server/api.ts';
import { config } from '#lib/server/config.ts';
import { figures } from '#lib/shell/live.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  event.depends(figures);
  return {
    title: 'Overview',
    ranged: true,
    overview: await readInRange<Overview>(event, '/overview'),
    otlpUrl: config.otlpUrl,
  };
};
