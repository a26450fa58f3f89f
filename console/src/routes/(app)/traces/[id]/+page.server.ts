import type { Trace } from '#lib/api-types.ts';
import { read } from '#lib/server/api.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const { id } = event.params;
  return {
    title: `Trace ${id.slice(0, 8)}`,
    trace: await read<Trace>(event, `/traces/${encodeURIComponent(id)}`),
  };
};
