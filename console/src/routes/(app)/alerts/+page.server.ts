import type { AlertList } from '#lib/api-types.ts';
import { read } from '#lib/server/api.ts';
import { figures } from '#lib/shell/live.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  event.depends(figures);
  const asked = (name: string) => event.url.searchParams.get(name);
  const list = await read<AlertList>(event, '/alerts', { state: asked('state'), cursor: asked('cursor') });
  return { title: 'Alerts', live: true, list };
};
