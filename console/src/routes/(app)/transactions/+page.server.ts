import type { Overview, TransactionList } from '#lib/api-types.ts';
import { readInRange } from '#lib/server/api.ts';
import { figures } from '#lib/shell/live.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  event.depends(figures);
  const asked = (name: string) => event.url.searchParams.get(name);
  const filter = { process: asked('process'), state: asked('state'), cursor: asked('cursor') };
  const [list, overview] = await Promise.all([
    readInRange<TransactionList>(event, '/transactions', filter),
    readInRange<Overview>(event, '/overview'),
  ]);
  // The names of the processes are all that is needed of the overview; without it the filter merely lists fewer.
  const processes = overview.ok
    ? overview.data.processes.map(({ process, title }) => ({ process, title }))
    : [];
  return { title: 'Transactions', ranged: true, list, processes };
};
