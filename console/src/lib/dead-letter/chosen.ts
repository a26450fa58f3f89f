import type { DeadLetterGroup } from '../api-types.ts';
import { counted } from '../format/number.ts';
import { groupId } from './columns.ts';
import type { LetterFilter } from './filter.ts';

/** What is ticked, as the API is told of it. */
export interface Chosen {
  readonly filters: readonly LetterFilter[];
  readonly what: string;
  /** Why it cannot be replayed as one. */
  readonly whyNoReplay?: string;
}

const oneFlow = 'Replay one flow at a time';

/** Groups that are ticked: a filter each, or one when they are all there is of a flow. */
export function chosenGroups(
  groups: readonly DeadLetterGroup[],
  ids: readonly string[],
  filter: Record<string, string>,
): Chosen {
  const picked = groups.filter((group) => ids.includes(groupId(group)));
  const messages = picked.reduce((sum, group) => sum + group.count, 0);
  const what = `${counted(messages, 'dead letter')} of ${counted(picked.length, 'cause')}`;
  const flows = [...new Set(picked.map(({ flow }) => flow))];
  const [flow] = flows;
  const whole = flow !== undefined && flows.length === 1 && !filter['cause'];
  if (whole && picked.length === groups.filter((group) => group.flow === flow).length && picked.length > 1)
    return { filters: [{ ...filter, flow }], what };
  const filters = picked.map((group) => ({ ...filter, flow: group.flow, cause: group.cause }));
  if (filters.length === 1) return { filters, what };
  return {
    filters,
    what,
    whyNoReplay: flows.length > 1 ? oneFlow : 'Replay one cause, or all of a flow, at a time',
  };
}

/** Letters that are ticked by hand. */
export function chosenLetters(
  letters: readonly { id: string; flow: string }[],
  ids: readonly string[],
): Chosen {
  const picked = letters.filter(({ id }) => ids.includes(id));
  const flows = new Set(picked.map(({ flow }) => flow));
  const what = counted(picked.length, 'dead letter');
  return {
    filters: [{ ids: picked.map(({ id }) => id) }],
    what,
    ...(flows.size > 1 ? { whyNoReplay: oneFlow } : {}),
  };
}

/** All that the filter names, on whatever page. */
export function chosenAll(filter: Record<string, string>, total: number | null): Chosen {
  const what =
    total === null ? 'All dead letters that match' : `All ${counted(total, 'dead letter')} that match`;
  return {
    filters: [filter],
    what,
    ...(filter['flow'] ? {} : { whyNoReplay: 'Filter by one flow to replay it' }),
  };
}
