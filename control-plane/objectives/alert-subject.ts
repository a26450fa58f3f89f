import type { Objective } from '@plumbline/model/catalog/objective.ts';
import type { Finding } from '../alerts/raise.ts';
import type { Context } from '../context.ts';

/** What an alert of an objective is about, by the names of the catalog, and where to go on. */
export function subjectOf(
  context: Context,
  { indicator }: Objective,
): Pick<Finding, 'flows' | 'systems' | 'links'> {
  const flow = context.catalog.current().catalog.flows.find(({ name }) => name === indicator.flow);
  const console = context.config.publicUrl;
  return {
    links: [
      { title: 'Alerts', href: `${console}/alerts` },
      { title: 'Flow', href: `${console}/flows/${encodeURIComponent(indicator.flow)}` },
    ],
    flows: [indicator.flow],
    systems: flow ? [flow.source, flow.target] : [],
  };
}

/** Whom an objective tells: the targets that its policies name, or everybody. */
export function channelsOf(context: Context, { notify }: Objective): string[] {
  return notify.length > 0 ? [...notify] : context.channels.all().map(({ name }) => name);
}
