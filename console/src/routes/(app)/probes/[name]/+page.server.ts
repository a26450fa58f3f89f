import type { ProbeDetail } from '#lib/api-types.ts';
import { readInRange } from '#lib/server/api.ts';
import { figures } from '#lib/shell/live.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  event.depends(figures);
  const detail = await readInRange<ProbeDetail>(event, `/probes/${encodeURIComponent(event.params.name)}`);
  return { title: detail.ok ? detail.data.probe.title : 'Probe', ranged: true, detail };
};
