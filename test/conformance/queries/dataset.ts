import type { ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { CatalogFile, type Catalog } from '@plumbline/model/catalog/schema.ts';
import { insert, log, span, type SpanRow } from '../derivation/store.ts';

export const minuteMs = 60_000;

/** A small business in which each figure can be counted by hand. */
export function smallCatalog(): Pick<Catalog, 'systems' | 'entities' | 'flows' | 'processes'> {
  const flow = (name: string, source: string, target: string, entity: string) => ({
    name,
    title: name.replaceAll('-', ' '),
    source,
    target,
    entity,
    transport: { kind: 'rabbitmq', destination: name },
    owner: 'integration',
    match: [{ 'messaging.destination.name': name }],
  });
  const {
    systems = [],
    entities = [],
    flows = [],
    processes = [],
  } = CatalogFile.parse({
    systems: [
      { name: 'shop', title: 'Web shop', owner: 'sales', services: ['shop-web'] },
      { name: 'erp', title: 'ERP', owner: 'it', services: ['erp-api'] },
      { name: 'fin', title: 'Finance', owner: 'accounting' },
    ],
    entities: [
      {
        name: 'order',
        title: 'Order',
        idPattern: 'SO-\\d{4}',
        authority: { total: 'erp' },
        masked: ['email'],
      },
      { name: 'shipment', title: 'Shipment' },
      { name: 'invoice', title: 'Invoice' },
      { name: 'customer', title: 'Customer' },
    ],
    flows: [
      flow('orders-to-erp', 'shop', 'erp', 'order'),
      flow('invoices-to-fin', 'erp', 'fin', 'invoice'),
      flow('shipments-to-erp', 'shop', 'erp', 'shipment'),
      flow('never-used', 'fin', 'erp', 'invoice'),
    ],
    processes: [
      {
        name: 'order-to-cash',
        title: 'Order to cash',
        owner: 'sales',
        lead: 'order',
        entities: ['order', 'shipment', 'invoice'],
        milestones: [
          { name: 'placed', title: 'Placed', event: 'order.placed', system: 'shop' },
          { name: 'accepted', title: 'Accepted', event: 'order.accepted', system: 'erp', within: '5m' },
          {
            name: 'shipped',
            title: 'Shipped',
            event: 'shipment.posted',
            system: 'erp',
            within: '15m',
            after: 'accepted',
          },
          {
            name: 'invoiced',
            title: 'Invoiced',
            event: 'invoice.issued',
            system: 'erp',
            after: 'shipped',
            within: '30m',
          },
          { name: 'praised', title: 'Praised', event: 'order.praised', system: 'shop', optional: true },
        ],
        value: { event: 'order.placed', amount: 'order.amount', currency: 'order.currency' },
      },
    ],
  });
  return { systems, entities, flows, processes };
}

/** Rows at offsets from one instant, each with ids of its own, inserted through the base tables. */
export function createRows(at: Date) {
  let made = 0;
  const spans: SpanRow[] = [];
  const logs: SpanRow[] = [];
  const time = (offsetMs: number) => stamp(new Date(at.getTime() + offsetMs));
  const ids = () => {
    made += 1;
    return { TraceId: made.toString(16).padStart(32, '0'), SpanId: made.toString(16).padStart(16, '0') };
  };
  const ingested = { IngestTime: stamp(new Date()).slice(0, 23) };
  return {
    /** A span of a flow, found by its queue's name alone, as stock instrumentation names it. */
    message(
      queue: string,
      kind: 'Producer' | 'Consumer',
      offsetMs: number,
      attributes: Record<string, string> = {},
      more: SpanRow = {},
    ): SpanRow {
      const service = kind === 'Producer' ? 'shop-web' : 'erp-api';
      const row = span({
        ...ids(),
        ...ingested,
        Timestamp: time(offsetMs),
        SpanKind: kind,
        SpanName: `${kind === 'Producer' ? 'send' : 'process'} ${queue}`,
        ServiceName: service,
        Duration: 10_000_000,
        SpanAttributes: {
          'messaging.system': 'rabbitmq',
          'messaging.destination.name': queue,
          ...attributes,
        },
        ...more,
      });
      spans.push(row);
      return row;
    },
    event(
      name: string,
      offsetMs: number,
      keys: string[],
      service: string,
      more: Record<string, string> = {},
    ) {
      const row = log({
        ...ids(),
        ...ingested,
        Timestamp: time(offsetMs),
        ServiceName: service,
        EventName: name,
        LogAttributes: { 'business.key': JSON.stringify(keys), ...more },
      });
      logs.push(row);
      return row;
    },
    async insert(clickHouse: ClickHouse, token: string): Promise<void> {
      if (spans.length > 0) await insert(clickHouse, 'otel_traces', spans, `${token}-spans`);
      if (logs.length > 0) await insert(clickHouse, 'otel_logs', logs, `${token}-logs`);
      spans.length = 0;
      logs.length = 0;
    },
  };
}

/** An attempt that failed as a duplicate. */
export const duplicate: SpanRow = {
  StatusCode: 'Error',
  StatusMessage: 'order 17 exists',
  Duration: 20_000_000,
};

/** What ClickHouse reads as DateTime64(9). */
export function stamp(at: Date): string {
  return at.toISOString().replace('T', ' ').replace('Z', '000000');
}
