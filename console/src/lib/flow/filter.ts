import type { FlowSummary, Health } from '../api-types.ts';

/** Flows of one health whose name, systems, entity, owner or transport hold every word. */
export function filterFlows(
  flows: readonly FlowSummary[],
  filter: { readonly health?: string | null; readonly words?: string | null },
): FlowSummary[] {
  const words = (filter.words ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  return flows.filter((flow) => {
    if (filter.health && flow.health !== (filter.health as Health)) return false;
    const text = [
      flow.name,
      flow.title,
      flow.source,
      flow.target,
      flow.entity,
      flow.owner,
      flow.transport.kind,
      flow.transport.destination,
      flow.criticality,
    ]
      .join(' ')
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
