import { Flow, type Catalog } from '@plumbline/model/catalog/schema.ts';

/** Hops of one order through the business: who hands what to whom. */
export const hops = [
  { from: 'shop', to: 'erp', entity: 'order', event: 'order.placed' },
  { from: 'erp', to: 'wms', entity: 'order', event: 'order.released' },
  { from: 'wms', to: 'tms', entity: 'shipment', event: 'shipment.planned' },
  { from: 'tms', to: 'erp', entity: 'shipment', event: 'shipment.posted' },
  { from: 'erp', to: 'fin', entity: 'invoice', event: 'invoice.issued' },
  { from: 'fin', to: 'crm', entity: 'payment', event: 'payment.received' },
] as const;

/** Each hop exists once for every region, as its own flow. */
export const regions = ['na', 'eu', 'uk', 'apac', 'latam'] as const;

/** Spans of one hop, that is of one trace. */
export const spansPerTrace = 8;

const systems = ['shop', 'erp', 'wms', 'tms', 'fin', 'crm'];

/** The catalog of the generated business: 30 flows, all found by their queue's name. */
export function generatedCatalog(): Catalog {
  return {
    hash: 'generated-business',
    systems: systems.map((name) => ({
      name,
      title: name.toUpperCase(),
      owner: 'bench',
      exposure: 'internal',
      timeZone: 'UTC',
      services: [`${name}-service`],
    })),
    connections: [],
    calendars: [],
    objectives: [],
    probes: [],
    kpis: [],
    kpiReports: [],
    entities: ['order', 'shipment', 'invoice', 'payment', 'customer'].map((name) => ({
      name,
      title: name,
      attributes: name === 'customer' ? ['customer.id'] : [`app.${name}_no`],
      authority: {},
      schemas: {},
      masked: [],
    })),
    flows: hops.flatMap((hop) =>
      regions.map((region) =>
        Flow.parse({
          name: flowName(hop, region),
          title: `${hop.entity}s ${hop.from} to ${hop.to}, ${region}`,
          source: hop.from,
          target: hop.to,
          entity: hop.entity,
          transport: { kind: 'rabbitmq', destination: flowName(hop, region) },
          owner: 'bench',
          match: [{ 'messaging.destination.name': flowName(hop, region) }],
        }),
      ),
    ),
    processes: [
      {
        name: 'order-to-cash',
        title: 'Order to cash',
        owner: 'bench',
        lead: 'order',
        entities: ['order', 'shipment', 'invoice', 'payment'],
        milestones: hops.map((hop, index) => ({
          name: hop.event.replace('.', '-'),
          title: hop.event,
          event: hop.event,
          system: hop.from,
          // The first milestone starts the clock.
          ...(index > 0 ? { within: '4h' } : {}),
          optional: false,
        })),
        value: { event: 'order.placed', amount: 'order.amount', currency: 'order.currency' },
      },
    ],
  };
}

function flowName(hop: { from: string; to: string; entity: string }, region: string): string {
  return `${hop.entity}s-${hop.from}-to-${hop.to}-${region}`;
}
