import type { ReplayList } from '#lib/api-types.ts';
import { read } from '#lib/server/api.ts';
import { replays } from '#lib/shell/live.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  event.depends(replays);
  const asked = (name: string) => event.url.searchParams.get(name);
  const [list, awaiting] = await Promise.all([
    read<ReplayList>(event, '/replays', {
      state: asked('state'),
      flow: asked('flow'),
      cursor: asked('cursor'),
    }),
    read<ReplayList>(event, '/replays', { state: 'awaiting_approval' }),
  ]);
  return { title: 'Replays', live: true, list, awaiting };
};
