import type { Probe } from '../api-types.ts';
import type { Column } from '../table/column.ts';
import { probeStates, stateRank } from './states.ts';

export const probeColumns: readonly Column<Probe>[] = [
  {
    id: 'state',
    label: 'State',
    value: (p) => probeStates[p.state].label,
    order: (p) => stateRank(p.state),
    sortable: true,
  },
  { id: 'probe', label: 'Probe', value: (p) => p.title, sortable: true },
  { id: 'found', label: 'Found', value: (p) => p.last?.why ?? '', class: 'max-lg:hidden' },
  { id: 'at', label: 'Last run', value: (p) => p.last?.at, class: 'max-sm:hidden' },
  {
    id: 'passed',
    label: 'Passed',
    value: (p) => (p.runs === 0 ? null : p.passed / p.runs),
    numeric: true,
    sortable: true,
  },
  {
    id: 'duration',
    label: 'p95',
    value: (p) => p.durationP95Ms,
    numeric: true,
    sortable: true,
    class: 'max-md:hidden',
    hint: 'How long it took',
  },
];
