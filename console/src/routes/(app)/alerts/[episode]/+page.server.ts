import type { AlertExplanation } from '#lib/api-types.ts';
import { read } from '#lib/server/api.ts';
import { acknowledgeAlert, silence } from '#lib/server/alert-forms.ts';
import { figures } from '#lib/shell/live.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  event.depends(figures);
  const path = `/alerts/${encodeURIComponent(event.params.episode)}/explain`;
  const explained = await read<AlertExplanation>(event, path);
  return { title: explained.ok ? explained.data.alert.title : 'Alert', live: true, explained };
};

export const actions: Actions = { acknowledge: acknowledgeAlert, silence };
