import { Flow, type Catalog, type Match } from '@plumbline/model/catalog/schema.ts';

/** A catalog in which every kind of match and mapping occurs once. */
export function derivationCatalog(hash = 'derivation'): Catalog {
  return {
    hash,
    systems: [
      system('crm', ['crm-web', 'crm-jobs']),
      system('erp', ['erp-api']),
      system('wms'),
      system('tax', ['tax-svc']),
    ],
    connections: [],
    calendars: [],
    objectives: [],
    probes: [],
    kpis: [],
    kpiReports: [],
    entities: [
      entity('order', ['wms.sales_order_no', 'app.order_id']),
      entity('shipment', ['shipment.no']),
      entity('invoice', []),
      entity('customer', ['customer.id']),
    ],
    flows: [
      flow('orders-to-wms', [{ 'messaging.destination.name': 'orders.wms' }]),
      flow('orders-anywhere', [{ 'messaging.destination.name': 'orders.*' }]),
      flow('tax-calls', [
        { 'service.name': ['tax-svc', 'crm-web'], 'url.path': '/tax/v1', 'http.request.method': 'POST' },
      ]),
      flow('price-files', [{ 'service.name': 'wms', 'span.kind': 'Internal', 'span.name': 'import *.csv' }]),
      flow('quoted', [{ 'x.y': "it's \\ 100%_*" }]),
    ],
    processes: [
      {
        name: 'order-to-cash',
        title: 'Order to cash',
        owner: 'sales',
        lead: 'order',
        entities: ['order', 'shipment', 'invoice'],
        milestones: [
          milestone('placed', 'order.placed', 'crm'),
          milestone('accepted-by-erp', 'order.accepted', 'erp'),
          milestone('accepted-by-wms', 'order.accepted', 'wms'),
          milestone('invoiced', 'invoice.issued', 'erp'),
        ],
        value: { event: 'order.placed', amount: 'order.amount', currency: 'order.currency' },
      },
    ],
  };
}

export function flow(name: string, match: Match[]): Flow {
  return Flow.parse({
    name,
    title: name,
    source: 'erp',
    target: 'wms',
    entity: 'order',
    transport: { kind: 'rabbitmq', destination: name },
    owner: 'integration',
    match,
  });
}

function system(name: string, services?: string[]): Catalog['systems'][number] {
  const common = { name, title: name, owner: 'it', exposure: 'internal' as const, timeZone: 'UTC' };
  return services ? { ...common, services } : common;
}

function entity(name: string, attributes: string[]): Catalog['entities'][number] {
  return { name, title: name, attributes, authority: {}, schemas: {}, masked: [] };
}

function milestone(
  name: string,
  event: string,
  systemName: string,
): Catalog['processes'][number]['milestones'][number] {
  return { name, title: name, event, system: systemName, optional: false };
}
