import type { Incident } from '../api-types.ts';
import type { Column } from '../table/column.ts';
import { incidentStates, severities } from './states.ts';

export const incidentColumns: readonly Column<Incident>[] = [
  { id: 'number', label: '#', value: (i) => i.number, numeric: true, class: 'max-sm:hidden' },
  { id: 'state', label: 'State', value: (i) => incidentStates[i.state].label },
  { id: 'incident', label: 'Incident', value: (i) => i.title },
  { id: 'severity', label: 'Severity', value: (i) => severities[i.severity].label, class: 'max-md:hidden' },
  { id: 'began', label: 'Impact began', value: (i) => i.impactStartedAt, class: 'max-sm:hidden' },
  { id: 'lasted', label: 'Lasted', value: (i) => i.restoredAt ?? '', numeric: true, class: 'max-md:hidden' },
  { id: 'assignee', label: 'Who', value: (i) => i.assignee?.name ?? '', class: 'max-lg:hidden' },
];
