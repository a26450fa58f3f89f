import type { Objective } from '../api-types.ts';
import type { Column } from '../table/column.ts';
import { objectiveStates, stateRank } from './states.ts';

export const objectiveColumns: readonly Column<Objective>[] = [
  {
    id: 'state',
    label: 'State',
    value: (o) => objectiveStates[o.state].label,
    order: (o) => stateRank(o.state),
    sortable: true,
  },
  { id: 'objective', label: 'Objective', value: (o) => o.title, sortable: true },
  { id: 'target', label: 'Target', value: (o) => o.target, numeric: true, class: 'max-md:hidden' },
  {
    id: 'kept',
    label: 'Kept',
    value: (o) => o.figures?.budget.indicator,
    numeric: true,
    class: 'max-sm:hidden',
  },
  {
    id: 'budget',
    label: 'Budget',
    value: (o) => o.figures?.budget.remaining,
    order: (o) => o.figures?.budget.remaining ?? null,
    sortable: true,
  },
  { id: 'burn', label: 'Burn', value: (o) => o.figures?.burn, numeric: true, class: 'max-lg:hidden' },
  {
    id: 'gone',
    label: 'Gone in',
    value: (o) => o.figures?.exhaustionMinutes,
    numeric: true,
    class: 'max-lg:hidden',
  },
];
