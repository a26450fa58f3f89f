import type { FlowDetail, MessageList } from '#lib/api-types.ts';
import { readInRange } from '#lib/server/api.ts';
import { figures } from '#lib/shell/live.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  event.depends(figures);
  const path = `/flows/${encodeURIComponent(event.params.name)}`;
  const asked = (name: string) => event.url.searchParams.get(name);
  const filter = {
    outcome: asked('outcome'),
    cause: asked('cause'),
    operation: asked('operation'),
    cursor: asked('cursor'),
  };
  const [flow, messages] = await Promise.all([
    readInRange<FlowDetail>(event, path),
    readInRange<MessageList>(event, `${path}/messages`, filter),
  ]);
  return { title: flow.ok ? flow.data.flow.title : event.params.name, ranged: true, flow, messages };
};
