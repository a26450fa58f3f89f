/** The base tables that the collector fills, each with the signal whose items its rows are. */
export const tableSignals = {
  otel_traces: 'traces',
  otel_logs: 'logs',
  otel_metrics_gauge: 'metrics',
  otel_metrics_sum: 'metrics',
  otel_metrics_histogram: 'metrics',
  otel_metrics_exponential_histogram: 'metrics',
  otel_metrics_summary: 'metrics',
} as const;

export type TableName = keyof typeof tableSignals;
export const tableNames = Object.keys(tableSignals) as TableName[];

/** An item is a span, a log record or a metric data point. */
export type Signal = (typeof tableSignals)[TableName];
export const signals = ['traces', 'logs', 'metrics'] as const satisfies readonly Signal[];
