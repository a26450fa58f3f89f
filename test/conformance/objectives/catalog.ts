import { minuteMs } from '@plumbline/slo/interval.ts';
import { span, type SpanRow } from '../derivation/store.ts';

/** One flow and one objective on it: 99 % of its messages are processed, over 30 days. */
export const catalogText = `
systems: [{ name: erp, title: ERP, owner: it }, { name: shop, title: Shop, owner: it, services: [shop] }]
entities: [{ name: order, title: Order }]
flows:
  - { name: orders, title: Orders, source: shop, target: erp, entity: order, owner: it, transport: { kind: http, destination: /o } }
`;
export const objectiveText = `
apiVersion: openslo/v1
kind: SLO
metadata: { name: orders-taken }
spec:
  service: erp
  indicator:
    metadata: { name: i }
    spec:
      ratioMetric:
        bad: { metricSource: { type: Plumbline, spec: { flow: orders, count: failed } } }
        total: { metricSource: { type: Plumbline, spec: { flow: orders, count: all } } }
  budgetingMethod: Occurrences
  objectives: [{ targetPercent: 99 }]
`;

/** One message of the flow, in a minute since the epoch. */
export function message(minute: number, index: number, failed: boolean): SpanRow {
  const at = new Date(minute * minuteMs + index * 1000).toISOString().replace('T', ' ').slice(0, 19);
  return span({
    Timestamp: `${at}.000000000`,
    IngestTime: `${at}.500`,
    TraceId: `t-${minute}-${index}`,
    SpanId: `s-${minute}-${index}`,
    SpanKind: 'Consumer',
    ServiceName: 'erp',
    SpanAttributes: { 'integration.flow': 'orders' },
    StatusCode: failed ? 'Error' : 'Unset',
  });
}
