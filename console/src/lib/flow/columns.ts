import type { FlowSummary, Message } from '../api-types.ts';
import { healthRank } from '../status.ts';
import type { Column } from '../table/column.ts';

export const flowColumns: readonly Column<FlowSummary>[] = [
  {
    id: 'health',
    label: 'Health',
    value: (f) => f.health,
    order: (f) => healthRank(f.health),
    sortable: true,
  },
  { id: 'flow', label: 'Flow', value: (f) => f.name, order: (f) => f.title, sortable: true },
  { id: 'reason', label: 'Reason', value: (f) => f.reason },
  { id: 'since', label: 'Since', value: (f) => f.since },
  { id: 'source', label: 'Source', value: (f) => f.source },
  { id: 'target', label: 'Target', value: (f) => f.target },
  { id: 'entity', label: 'Entity', value: (f) => f.entity },
  { id: 'transport', label: 'Transport', value: (f) => f.transport.kind },
  { id: 'owner', label: 'Owner', value: (f) => f.owner, sortable: true },
  { id: 'criticality', label: 'Criticality', value: (f) => f.criticality },
  { id: 'sent', label: 'Sent', value: (f) => f.figures.sent, numeric: true, sortable: true },
  { id: 'processed', label: 'Processed', value: (f) => f.figures.processed, numeric: true, sortable: true },
  {
    id: 'failed',
    label: 'Failed',
    value: (f) => f.figures.failed,
    order: (f) => f.figures.failedRatio,
    numeric: true,
    sortable: true,
  },
  {
    id: 'deadLettered',
    label: 'Dead-lettered',
    value: (f) => f.figures.deadLettered,
    numeric: true,
    sortable: true,
  },
  {
    id: 'backlog',
    label: 'Backlog',
    value: (f) => f.figures.backlog,
    numeric: true,
    sortable: true,
    hint: 'Sent and not seen at the target: waiting in the transport, or lost',
  },
  { id: 'p95', label: 'p95 ms', value: (f) => f.figures.durationP95Ms, numeric: true, sortable: true },
  { id: 'delay', label: 'Delay p95 ms', value: (f) => f.figures.delayP95Ms, numeric: true, sortable: true },
];

/** Columns by id, with some of their settings changed for one table. */
export function pickColumns<Row>(
  columns: readonly Column<Row>[],
  wanted: readonly (readonly [id: string, change?: Partial<Column<Row>>])[],
): Column<Row>[] {
  return wanted.map(([id, change]) => {
    const column = columns.find((one) => one.id === id);
    if (!column) throw new Error(`There is no column ${id}.`);
    return { ...column, ...change };
  });
}

export const messageColumns: readonly Column<Message>[] = [
  { id: 'time', label: 'Time', value: (m) => m.at },
  { id: 'outcome', label: 'Outcome', value: (m) => m.outcome },
  { id: 'message', label: 'Message', value: (m) => m.messageId },
  { id: 'keys', label: 'Business keys', value: (m) => m.keys.join(' ') },
  { id: 'cause', label: 'Cause', value: (m) => m.cause || m.errorType },
  { id: 'error', label: 'Error', value: (m) => m.errorMessage },
  { id: 'operation', label: 'Operation', value: (m) => m.operation },
  { id: 'attempt', label: 'Attempt', value: (m) => m.attempt, numeric: true },
  { id: 'duration', label: 'Duration ms', value: (m) => m.durationMs, numeric: true },
  { id: 'delay', label: 'Delay ms', value: (m) => m.delayMs, numeric: true },
  { id: 'service', label: 'Service', value: (m) => m.service },
  { id: 'trace', label: 'Trace', value: (m) => m.traceId },
];
