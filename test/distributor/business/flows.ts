import { hash32 } from './random.ts';
import type { Message, SystemName } from './types.ts';

/** How a flow shows in telemetry: `own` names itself, `legacy` has attributes of its vendor, `stock` has none. */
export type Voice = 'own' | 'legacy' | 'stock';

export interface FlowSpec {
  readonly name: string;
  readonly source: SystemName;
  readonly target: SystemName;
  readonly sourceService: string;
  readonly targetService: string;
  readonly sourceVoice: Voice;
  readonly targetVoice: Voice;
  readonly transport: TransportSpec;
  /** Median time to process one message, and how wild it is. */
  readonly processMs: number;
  readonly spread: number;
  /** Median time between sending and the start of processing. */
  readonly latencyMs: number;
  /** Waits between attempts; one attempt more than waits, then the message is dead. */
  readonly retryWaitsMs: readonly number[];
}

export type TransportSpec =
  | {
      readonly kind: 'rabbitmq';
      readonly exchange: string;
      readonly routingKey: string;
      readonly queue: string;
      /** True: the consumer's span is a child of the producer's. False: linked, in a trace of its own. */
      readonly nested?: boolean;
    }
  | { readonly kind: 'kafka'; readonly topic: string; readonly group: string; readonly partitions: number }
  | { readonly kind: 'http'; readonly method: 'POST' | 'PUT'; readonly host: string; readonly route: string }
  | { readonly kind: 'file'; readonly directory: string; readonly extension: string };

const queueWaitsMs = [10_000, 60_000, 300_000];
const httpWaitsMs = [2_000, 15_000, 60_000, 300_000];

const queue = { latencyMs: 350, retryWaitsMs: queueWaitsMs, spread: 0.5 };
const http = { latencyMs: 12, retryWaitsMs: httpWaitsMs, spread: 0.45 };
const file = { latencyMs: 25_000, retryWaitsMs: [60_000, 300_000], spread: 0.5 };

function rabbitmq(exchange: string, routingKey: string, name: string, nested = false): TransportSpec {
  return { kind: 'rabbitmq', exchange, routingKey, queue: name, nested };
}

/** Every flow of catalog/flows.yaml, with what only a running business knows. */
export const flowSpecs: readonly FlowSpec[] = [
  {
    ...queue,
    name: 'shop-order-to-erp',
    source: 'shop',
    target: 'erp',
    sourceService: 'webshop-api',
    targetService: 'erp-core',
    sourceVoice: 'own',
    targetVoice: 'own',
    transport: rabbitmq('orders', 'web.placed', 'erp.orders.web'),
    processMs: 140,
  },
  {
    ...http,
    name: 'marketplace-order-to-erp',
    source: 'marketplace',
    target: 'erp',
    sourceService: 'marketplace-connector',
    targetService: 'erp-core',
    sourceVoice: 'stock',
    targetVoice: 'stock',
    transport: {
      kind: 'http',
      method: 'POST',
      host: 'erp.distributor.example',
      route: '/api/v2/marketplace/orders',
    },
    processMs: 180,
  },
  {
    ...file,
    name: 'edi-order-to-erp',
    source: 'edi',
    target: 'erp',
    sourceService: 'EDIGW',
    targetService: 'erp-batch',
    sourceVoice: 'legacy',
    targetVoice: 'legacy',
    transport: { kind: 'file', directory: '/inbound/850', extension: 'x12' },
    processMs: 420,
  },
  {
    ...http,
    name: 'crm-price-to-erp',
    source: 'crm',
    target: 'erp',
    sourceService: 'crm',
    targetService: 'erp-core',
    sourceVoice: 'own',
    targetVoice: 'own',
    transport: {
      kind: 'http',
      method: 'PUT',
      host: 'erp.distributor.example',
      route: '/api/v2/price-agreements/{id}',
    },
    processMs: 90,
  },
  {
    ...http,
    name: 'erp-tax-determination',
    source: 'erp',
    target: 'tax',
    sourceService: 'erp-core',
    targetService: 'tax-engine',
    sourceVoice: 'stock',
    targetVoice: 'stock',
    transport: { kind: 'http', method: 'POST', host: 'tax.partner.example', route: '/v1/determinations' },
    processMs: 75,
  },
  {
    ...queue,
    name: 'erp-release-to-wms',
    source: 'erp',
    target: 'wms',
    sourceService: 'erp-core',
    targetService: 'WMSPRD01',
    sourceVoice: 'own',
    targetVoice: 'legacy',
    transport: rabbitmq('fulfilment', 'release', 'wms.release'),
    processMs: 260,
  },
  {
    ...queue,
    name: 'wms-shipment-to-erp',
    source: 'wms',
    target: 'erp',
    sourceService: 'WMSPRD01',
    targetService: 'erp-core',
    sourceVoice: 'legacy',
    targetVoice: 'own',
    transport: rabbitmq('warehouse', 'shipment.posted', 'erp.shipments'),
    processMs: 210,
  },
  {
    ...queue,
    name: 'wms-stock-adjustment-to-erp',
    source: 'wms',
    target: 'erp',
    sourceService: 'WMSPRD01',
    targetService: 'erp-core',
    sourceVoice: 'legacy',
    targetVoice: 'own',
    transport: { kind: 'kafka', topic: 'wms.stock.adjustments', group: 'erp-inventory', partitions: 6 },
    processMs: 45,
  },
  {
    ...queue,
    name: 'erp-availability-to-shop',
    source: 'erp',
    target: 'shop',
    sourceService: 'erp-core',
    targetService: 'webshop-api',
    sourceVoice: 'own',
    targetVoice: 'own',
    transport: rabbitmq('inventory', 'availability.shop', 'shop.availability', true),
    processMs: 35,
  },
  {
    ...http,
    name: 'erp-availability-to-marketplace',
    source: 'erp',
    target: 'marketplace',
    sourceService: 'erp-batch',
    targetService: 'marketplace-connector',
    sourceVoice: 'own',
    targetVoice: 'stock',
    transport: {
      kind: 'http',
      method: 'PUT',
      host: 'marketplace.partner.example',
      route: '/feeds/inventory',
    },
    processMs: 240,
  },
  {
    ...queue,
    name: 'wms-delivery-to-tms',
    source: 'wms',
    target: 'tms',
    sourceService: 'WMSPRD01',
    targetService: 'tms-dispatch',
    sourceVoice: 'legacy',
    targetVoice: 'legacy',
    transport: rabbitmq('warehouse', 'delivery.requested', 'tms.deliveries'),
    processMs: 320,
  },
  {
    ...http,
    name: 'tms-status-to-erp',
    source: 'tms',
    target: 'erp',
    sourceService: 'tms-dispatch',
    targetService: 'erp-core',
    sourceVoice: 'legacy',
    targetVoice: 'own',
    transport: {
      kind: 'http',
      method: 'POST',
      host: 'erp.distributor.example',
      route: '/api/v2/carrier-events',
    },
    processMs: 60,
  },
  {
    ...http,
    name: 'erp-capture-to-payments',
    source: 'erp',
    target: 'payments',
    sourceService: 'erp-core',
    targetService: 'payments-gateway',
    sourceVoice: 'own',
    targetVoice: 'own',
    transport: { kind: 'http', method: 'POST', host: 'payments.distributor.example', route: '/v1/captures' },
    processMs: 380,
  },
  {
    ...queue,
    name: 'payments-settlement-to-finance',
    source: 'payments',
    target: 'finance',
    sourceService: 'payments-gateway',
    targetService: 'finance-ledger',
    sourceVoice: 'own',
    targetVoice: 'own',
    transport: { kind: 'kafka', topic: 'payments.settlements', group: 'finance-subledger', partitions: 3 },
    processMs: 70,
  },
  {
    ...queue,
    name: 'erp-journal-to-finance',
    source: 'erp',
    target: 'finance',
    sourceService: 'erp-core',
    targetService: 'finance-ledger',
    sourceVoice: 'own',
    targetVoice: 'own',
    transport: rabbitmq('ledger', 'journal', 'finance.journal'),
    processMs: 120,
  },
  {
    ...file,
    name: 'erp-invoice-to-edi',
    source: 'erp',
    target: 'edi',
    sourceService: 'erp-batch',
    targetService: 'EDIGW',
    sourceVoice: 'legacy',
    targetVoice: 'legacy',
    transport: { kind: 'file', directory: '/outbound/810', extension: 'x12' },
    processMs: 350,
  },
  {
    ...queue,
    name: 'wms-return-receipt-to-erp',
    source: 'wms',
    target: 'erp',
    sourceService: 'WMSPRD01',
    targetService: 'erp-core',
    sourceVoice: 'legacy',
    targetVoice: 'own',
    transport: rabbitmq('warehouse', 'return.received', 'erp.returns'),
    processMs: 190,
  },
  {
    ...queue,
    name: 'erp-order-status-to-crm',
    source: 'erp',
    target: 'crm',
    sourceService: 'erp-core',
    targetService: 'crm',
    sourceVoice: 'own',
    targetVoice: 'own',
    transport: { kind: 'kafka', topic: 'erp.order.status', group: 'crm-sync', partitions: 3 },
    processMs: 55,
  },
  {
    ...http,
    name: 'erp-master-data-to-crm',
    source: 'erp',
    target: 'crm',
    sourceService: 'erp-batch',
    targetService: 'crm',
    sourceVoice: 'own',
    targetVoice: 'own',
    transport: { kind: 'http', method: 'PUT', host: 'crm.distributor.example', route: '/api/accounts/{id}' },
    processMs: 110,
  },
];

/** The partition of a message: one key, one partition. */
export function partitionOf(
  { partitions }: Extract<TransportSpec, { kind: 'kafka' }>,
  message: Pick<Message, 'id' | 'keys'>,
): number {
  return hash32(message.keys[0] ?? message.id) % partitions;
}

const byName = new Map(flowSpecs.map((spec) => [spec.name, spec]));

/** The flow of that name; an unknown name is a mistake in the program. */
export function flowSpec(name: string): FlowSpec {
  const spec = byName.get(name);
  if (!spec) throw new Error(`No flow is called ${name}.`);
  return spec;
}

/** Names the trace in which a message is processed: that of its sender, or one of its own that links back. */
export function processTrace(message: Pick<Message, 'flow' | 'id' | 'trace'>): string {
  const { transport } = flowSpec(message.flow);
  const nested = transport.kind === 'http' || (transport.kind === 'rabbitmq' && transport.nested === true);
  return nested ? message.trace : `${message.id} processing`;
}
