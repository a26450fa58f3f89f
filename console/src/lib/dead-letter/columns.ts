import type { DeadLetter, DeadLetterGroup } from '../api-types.ts';
import { moneys } from '../format/money.ts';
import type { Column } from '../table/column.ts';

export const groupId = (group: DeadLetterGroup) => `${group.flow}\n${group.cause}`;

export const groupColumns: readonly Column<DeadLetterGroup>[] = [
  { id: 'cause', label: 'Cause', value: (g) => g.cause, sortable: true },
  { id: 'flow', label: 'Flow', value: (g) => g.flow, sortable: true, class: 'max-lg:hidden' },
  { id: 'count', label: 'Messages', value: (g) => g.count, numeric: true, sortable: true },
  { id: 'open', label: 'Open', value: (g) => g.open, numeric: true, sortable: true, class: 'max-md:hidden' },
  { id: 'keys', label: 'Keys', value: (g) => g.keys, numeric: true, sortable: true, class: 'max-xl:hidden' },
  {
    id: 'value',
    label: 'Worth',
    value: (g) => moneys(g.values),
    order: (g) => Math.max(0, ...g.values.map(({ amount }) => Number(amount))),
    numeric: true,
    sortable: true,
    class: 'max-md:hidden',
  },
  { id: 'first', label: 'First', value: (g) => g.firstAt, sortable: true, class: 'max-xl:hidden' },
  { id: 'last', label: 'Last', value: (g) => g.lastAt, sortable: true, class: 'max-sm:hidden' },
  { id: 'assignee', label: 'With', value: (g) => g.assignee?.name ?? '', class: 'max-lg:hidden' },
];

export const letterColumns: readonly Column<DeadLetter>[] = [
  { id: 'died', label: 'Died', value: (l) => l.failedAt },
  { id: 'state', label: 'State', value: (l) => l.state, class: 'max-sm:hidden' },
  { id: 'flow', label: 'Flow', value: (l) => l.flow, class: 'max-lg:hidden' },
  { id: 'message', label: 'Message', value: (l) => l.messageId },
  { id: 'keys', label: 'Business keys', value: (l) => l.keys.join(' '), class: 'max-sm:hidden' },
  { id: 'cause', label: 'Cause', value: (l) => l.cause, class: 'max-md:hidden' },
  {
    id: 'value',
    label: 'Worth',
    value: (l) => (l.value ? `${l.value.amount} ${l.value.currency}` : ''),
    numeric: true,
    class: 'max-xl:hidden',
  },
  { id: 'generation', label: 'Replays', value: (l) => l.generation, numeric: true, class: 'max-xl:hidden' },
  { id: 'assignee', label: 'With', value: (l) => l.assignee?.name ?? '', class: 'max-xl:hidden' },
];
