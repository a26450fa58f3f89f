import type { Replay, ReplayItem } from '../api-types.ts';
import type { Column } from '../table/column.ts';
import { replayStates } from './states.ts';

export const replayColumns: readonly Column<Replay>[] = [
  { id: 'state', label: 'State', value: (r) => replayStates[r.state].label },
  { id: 'replay', label: 'Replay', value: (r) => r.reason },
  { id: 'flow', label: 'Flow', value: (r) => r.flow, class: 'max-lg:hidden' },
  { id: 'messages', label: 'Messages', value: (r) => r.counts.items, numeric: true },
  { id: 'progress', label: 'What became of them', value: (r) => r.counts.confirmed, class: 'max-md:hidden' },
  { id: 'asked', label: 'Asked', value: (r) => r.requestedBy.at, class: 'max-sm:hidden' },
  { id: 'decided', label: 'Decided', value: (r) => r.decidedBy?.name ?? '', class: 'max-xl:hidden' },
];

export const itemColumns: readonly Column<ReplayItem>[] = [
  { id: 'place', label: '#', value: (i) => i.position + 1, numeric: true, class: 'max-sm:hidden' },
  { id: 'outcome', label: 'Outcome', value: (i) => i.state },
  { id: 'message', label: 'Message', value: (i) => i.messageId },
  { id: 'key', label: 'Key', value: (i) => i.key, class: 'max-md:hidden' },
  { id: 'sent', label: 'Sent', value: (i) => i.sentAt, class: 'max-lg:hidden' },
  { id: 'settled', label: 'Settled', value: (i) => i.settledAt, class: 'max-lg:hidden' },
  { id: 'why', label: 'Why', value: (i) => i.reason ?? i.proof, class: 'max-md:hidden' },
  { id: 'trace', label: 'Trace', value: (i) => i.traceId },
];
