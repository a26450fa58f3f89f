import type { Objective } from '@plumbline/model/catalog/objective.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { windowText } from './alert-text.ts';
import { readFound, type FoundRow } from './queries.ts';
import type { ObjectiveView } from './schemas.ts';

/** Every objective of the catalog, with what the last tick found of it. */
export async function listObjectives(context: Context): Promise<ObjectiveView[]> {
  const found = await readFound(context.postgres);
  return context.catalog.current().catalog.objectives.map((one) => viewOf(one, found.get(one.name)));
}

/** @throws Problem not_found */
export async function readObjective(context: Context, name: string): Promise<ObjectiveView> {
  const view = (await listObjectives(context)).find((one) => one.name === name);
  if (!view) throw new Problem('not_found', `The catalog declares no objective ${name}.`);
  return view;
}

function viewOf(objective: Objective, found: FoundRow | undefined): ObjectiveView {
  const { name, title, description, service, indicator, target, window, calendar } = objective;
  return {
    name,
    title,
    description,
    service,
    flow: indicator.flow,
    target,
    window: windowText(window),
    calendar,
    state: stateOf(found),
    figures: found?.figures ?? null,
    evaluatedAt: found?.evaluatedAt ?? null,
  };
}

function stateOf(found: FoundRow | undefined): ObjectiveView['state'] {
  if (!found) return 'unknown';
  if (found.state.page.phase === 'firing') return 'paging';
  if (found.state.ticket.phase === 'firing') return 'warning';
  return found.figures.frozen === null ? 'ok' : 'stale';
}
