import type { Catalog, IncidentList } from '#lib/api-types.ts';
import { read } from '#lib/server/api.ts';
import { openIncident } from '#lib/server/incident-forms.ts';
import { figures } from '#lib/shell/live.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  event.depends(figures);
  const asked = (name: string) => event.url.searchParams.get(name);
  const [list, catalog] = await Promise.all([
    read<IncidentList>(event, '/incidents', {
      state: asked('state'),
      flow: asked('flow'),
      cursor: asked('cursor'),
    }),
    read<Catalog>(event, '/catalog'),
  ]);
  const flows = catalog.ok ? catalog.data.flows.map(({ name, title }) => ({ name, title })) : [];
  return { title: 'Incidents', live: true, list, flows };
};

export const actions: Actions = { open: openIncident };
