import type { Assignees, IncidentDetail, IncidentImpact } from '#lib/api-types.ts';
import { read } from '#lib/server/api.ts';
import { changeIncident, moveIncident, noteIncident } from '#lib/server/incident-forms.ts';
import { figures } from '#lib/shell/live.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  event.depends(figures);
  const path = `/incidents/${encodeURIComponent(event.params.number)}`;
  const [detail, impact, people] = await Promise.all([
    read<IncidentDetail>(event, path),
    read<IncidentImpact>(event, `${path}/impact`),
    read<Assignees>(event, '/incidents/assignees'),
  ]);
  const title = detail.ok ? `Incident ${detail.data.incident.number}` : 'Incident';
  return { title, live: true, detail, impact, people: people.ok ? people.data.items : [] };
};

export const actions: Actions = { move: moveIncident, note: noteIncident, change: changeIncident };
