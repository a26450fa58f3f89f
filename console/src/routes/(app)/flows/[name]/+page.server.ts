import type { DeadLetterGroups, FlowDetail, MessageList } from '#lib/api-types.ts';
import { waitingStates } from '#lib/dead-letter/filter.ts';
import { read, readInRange } from '#lib/server/api.ts';
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
  const [flow, messages, letters] = await Promise.all([
    readInRange<FlowDetail>(event, path),
    readInRange<MessageList>(event, `${path}/messages`, filter),
    read<DeadLetterGroups>(event, '/dead-letters/groups', {
      flow: event.params.name,
      state: `${waitingStates},quarantined`,
    }),
  ]);
  return { title: flow.ok ? flow.data.flow.title : event.params.name, ranged: true, flow, messages, letters };
};
