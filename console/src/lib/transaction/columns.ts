import type { TransactionSummary } from '../api-types.ts';
import type { Column } from '../table/column.ts';

export const transactionColumns: readonly Column<TransactionSummary>[] = [
  { id: 'state', label: 'State', value: (t) => t.state, class: 'max-sm:hidden' },
  { id: 'key', label: 'Transaction', value: (t) => t.key },
  { id: 'process', label: 'Process', value: (t) => t.processTitle, class: 'max-lg:hidden' },
  { id: 'reached', label: 'Milestones', value: (t) => `${t.reached} of ${t.total}`, class: 'max-md:hidden' },
  { id: 'waitingFor', label: 'Waiting for', value: (t) => t.waitingFor?.title },
  { id: 'due', label: 'Due', value: (t) => t.waitingFor?.dueAt, class: 'max-sm:hidden' },
  {
    id: 'value',
    label: 'Value',
    value: (t) => t.value && `${t.value.amount} ${t.value.currency}`,
    numeric: true,
    class: 'max-md:hidden',
  },
  { id: 'started', label: 'Began', value: (t) => t.startedAt, class: 'max-lg:hidden' },
  { id: 'last', label: 'Last seen', value: (t) => t.lastAt, class: 'max-2xl:hidden' },
];
