import type { AlertList, SilenceList } from '#lib/api-types.ts';
import { read } from '#lib/server/api.ts';
import { endSilence } from '#lib/server/alert-forms.ts';
import { figures } from '#lib/shell/live.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  event.depends(figures);
  const asked = (name: string) => event.url.searchParams.get(name);
  const [list, silences] = await Promise.all([
    read<AlertList>(event, '/alerts', { state: asked('state'), cursor: asked('cursor') }),
    read<SilenceList>(event, '/silences'),
  ]);
  return { title: 'Alerts', live: true, list, silences: silences.ok ? silences.data.items : [] };
};

export const actions: Actions = { end: endSilence };
