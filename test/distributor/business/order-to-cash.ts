import type { Arrival } from './calendar.ts';
import { fact, record, send } from './effects.ts';
import { transactionEntry } from './manifest.ts';
import { carriers, cents, money, pickCustomer, pickProduct, warehouses } from './master-data.ts';
import { moveStock } from './inventory.ts';
import type { Effect, Fields, Message } from './types.ts';
import type { World } from './world.ts';

const secondMs = 1000;
const minuteMs = 60_000;
const hourMs = 3_600_000;

const channels = {
  shop: { flow: 'shop-order-to-erp', prefix: 'WEB', linesMax: 2 },
  marketplace: { flow: 'marketplace-order-to-erp', prefix: 'MP', linesMax: 1 },
  edi: { flow: 'edi-order-to-erp', prefix: 'PO', linesMax: 3 },
} as const;
type Channel = keyof typeof channels;

/** A customer orders through one of three channels. */
export function placeOrder(world: World, arrival: Arrival): Effect[] {
  const random = world.random(`order ${arrival.number}`);
  const drawn: Channel = random.pick(['shop', 'shop', 'shop', 'marketplace', 'marketplace', 'edi']);
  const channel = arrival.channel ?? drawn;
  const { flow, prefix, linesMax } = channels[channel];
  const customer = pickCustomer(random);
  const product = pickProduct(random);
  const quantity = random.int(1, channel === 'edi' ? 120 : 12);
  const body: Fields = {
    order: `SO-${arrival.number}`,
    channel_order: `${prefix}-${arrival.number}`,
    channel,
    customer: customer.id,
    ship_to: customer.city,
    product: product.sku,
    quantity,
    lines: random.int(1, linesMax),
    total: money(product.unitPriceCents * quantity),
    currency: 'USD',
    warehouse: random.pick(warehouses),
  };
  const keys = orderKeys(body);
  return [
    fact(0, undefined, channel, 'order.placed', keys, {
      'order.total': String(body['total']),
      'order.currency': 'USD',
      'order.channel': channel,
      'order.lines': Number(body['lines']),
    }),
    send(20, undefined, flow, arrival.number, keys, body),
    ...webhookSentTwice(world, arrival, channel, body),
  ];
}

/** A webhook retried with a new key makes a second order; retried with the same key it must make none. */
function webhookSentTwice(world: World, arrival: Arrival, channel: Channel, body: Fields): Effect[] {
  const { flow } = channels[channel];
  if (channel === 'marketplace' && world.faults.chosen('duplicate-webhook', arrival.number)) {
    const second: Fields = { ...body, order: `SO-${duplicateNumber(arrival.number)}` };
    const keys = [...orderKeys(body), String(`order:${second['order']}`)];
    const expect = 'duplicate: two orders for one channel order';
    world.note(transactionEntry('duplicate-webhook', arrival.number, arrival.atMs, keys, expect));
    return [send(31 * secondMs, undefined, flow, duplicateNumber(arrival.number), orderKeys(second), second)];
  }
  if (channel === 'shop' && world.faults.chosen('same-key-twin', arrival.number)) {
    const expect = 'nothing: the second message is discarded by its idempotency key';
    world.note(transactionEntry('same-key-twin', arrival.number, arrival.atMs, orderKeys(body), expect));
    const twin = send(9 * secondMs, undefined, flow, `${arrival.number}.twin`, orderKeys(body), body);
    return [twin];
  }
  return [];
}

function duplicateNumber(number: string): string {
  return String(Number(number) + duplicateOffset).padStart(number.length, '0');
}
/** The second half of an hour's numbers, see calendar.ts. */
const duplicateOffset = 2080;

/** The ERP takes an order in, whichever way it came. */
export function acceptOrder(_: World, message: Message): Effect[] {
  if (message.transaction.endsWith('.twin')) return [];
  const { body } = message;
  const number = orderNumber(body);
  const keys = orderKeys(body);
  return [
    fact(0, message, 'erp', 'order.accepted', keys, { 'order.total': text(body, 'total') }),
    record(
      0,
      message,
      'erp',
      ['order:' + text(body, 'order'), ...keys.slice(1)],
      orderRecord(body, 'accepted'),
    ),
    send(4, message, 'erp-tax-determination', number, [`tax_determination:TX-${number}`, keys[0] ?? ''], {
      ...body,
      tax_determination: `TX-${number}`,
    }),
    send(15, message, 'erp-order-status-to-crm', `${number}.accepted`, keys, { ...body, status: 'accepted' }),
  ];
}

/** The tax engine answers; the ERP checks credit and stock, then releases. */
export function determineTax(world: World, message: Message): Effect[] {
  const { body } = message;
  const random = world.random(`tax ${text(body, 'order')}`);
  const rate = random.int(0, 1025);
  const tax = money((cents(text(body, 'total')) * rate) / 10_000);
  const number = orderNumber(body);
  const keys = [`tax_determination:TX-${number}`, `order:SO-${number}`];
  const taxed: Fields = { ...body, tax, tax_rate: money(rate) };
  const releaseMs = random.lognormal(3 * minuteMs, 0.9);
  return [
    fact(0, message, 'tax', 'tax_determination.made', keys, { 'tax.amount': tax, 'tax.rate': money(rate) }),
    record(0, message, 'tax', [keys[0] ?? '', `order:SO-${number}`], {
      order: `SO-${number}`,
      rate: money(rate),
      tax,
    }),
    send(releaseMs, message, 'erp-release-to-wms', number, orderKeys(body), taxed),
  ];
}

/** The warehouse takes the order on; picking and packing take their time. */
export function releaseOrder(world: World, message: Message, atMs: number): Effect[] {
  const { body } = message;
  const number = orderNumber(body);
  const random = world.random(`pick ${number}`);
  const orderKey = `order:SO-${number}`;
  const pickMs = random.lognormal(70 * minuteMs, 0.55);
  const parts = splitShipment(world, number, body);
  if (parts.length > 1) notePartial(world, number, orderKey, atMs);
  const effects: Effect[] = [
    fact(0, message, 'wms', 'order.released', [orderKey, `shipment:SH-${number}-1`]),
  ];
  parts.forEach((quantity, index) => {
    const afterMs = pickMs * (index + 1);
    effects.push(
      ...postShipment(world, { ...body, quantity, part: index + 1, parts: parts.length }, afterMs),
    );
  });
  return effects;
}

function splitShipment(world: World, number: string, body: Fields): number[] {
  const quantity = Number(body['quantity']);
  if (quantity < 2 || !world.faults.chosen('partial-shipment', number)) return [quantity];
  const first = Math.ceil(quantity / 2);
  return [first, quantity - first];
}

function notePartial(world: World, number: string, orderKey: string, atMs: number): void {
  const expect = 'nothing: both parts ship in time';
  world.note(transactionEntry('partial-shipment', number, atMs, [orderKey], expect));
}

function postShipment(world: World, body: Fields, afterMs: number): Effect[] {
  const number = orderNumber(body);
  const subject = `${number}-${text(body, 'part')}`;
  const orderKey = `order:SO-${number}`;
  const keys = [`shipment:SH-${subject}`, orderKey, `delivery:DL-${subject}`] as const;
  const shipment: Fields = { ...body, shipment: `SH-${subject}`, delivery: `DL-${subject}` };
  const shipped: Fields = {
    order: `SO-${number}`,
    status: 'shipped',
    quantity: Number(body['quantity']),
    warehouse: text(body, 'warehouse'),
  };
  return [
    fact(afterMs, undefined, 'wms', 'shipment.posted', keys, {
      'shipment.quantity': Number(body['quantity']),
    }),
    record(afterMs, undefined, 'wms', keys, shipped),
    send(afterMs + 40, undefined, 'wms-shipment-to-erp', subject, keys, shipment),
    send(afterMs + 90, undefined, 'wms-delivery-to-tms', subject, [keys[2], keys[0], orderKey], shipment),
    ...moveStock(world, afterMs + 140, {
      movement: `MV-${subject}`,
      level: `${text(body, 'product')}@${text(body, 'warehouse')}`,
      quantity: -Number(body['quantity']),
      reason: 'shipment',
    }),
  ];
}

/** The ERP books the shipment and bills it, unless the fault of that name strikes. */
export function bookShipment(world: World, message: Message, atMs: number): Effect[] {
  const { body } = message;
  const subject = `${orderNumber(body)}-${text(body, 'part')}`;
  const keys = orderKeys(body);
  const booked = record(0, message, 'erp', [keys[0] ?? '', ...keys.slice(1)], orderRecord(body, 'shipped'));
  if (world.faults.chosen('shipment-without-invoice', subject)) {
    const lost = [`shipment:SH-${subject}`, keys[0] ?? ''];
    const expect = 'missing: shipment posted, milestone invoiced never reached';
    world.note(transactionEntry('shipment-without-invoice', subject, atMs, lost, expect));
    return [booked];
  }
  return [booked, ...issueInvoice(world, body, subject)];
}

function issueInvoice(world: World, body: Fields, subject: string): Effect[] {
  const random = world.random(`bill ${subject}`);
  const afterMs = random.lognormal(9 * minuteMs, 0.6);
  const orderKey = `order:${text(body, 'order')}`;
  const invoiceKey = `invoice:INV-${subject}`;
  const share = Number(body['parts']) > 1 ? 0.5 : 1;
  const net = cents(text(body, 'total')) * share;
  const amount = money(net + cents(text(body, 'tax')) * share);
  const bill: Fields = {
    ...body,
    invoice: `INV-${subject}`,
    payment: `PAY-${subject}`,
    journal_entry: `JE-${subject}`,
    amount,
  };
  const shipmentKey = `shipment:SH-${subject}`;
  const effects = [
    fact(afterMs, undefined, 'erp', 'invoice.issued', [invoiceKey, orderKey, shipmentKey], {
      'invoice.total': amount,
      'invoice.currency': 'USD',
    }),
    record(afterMs, undefined, 'erp', [invoiceKey, orderKey], {
      order: text(body, 'order'),
      total: amount,
      tax: text(body, 'tax'),
      currency: 'USD',
      status: 'issued',
    }),
    send(
      afterMs + 25,
      undefined,
      'erp-capture-to-payments',
      subject,
      [`payment:PAY-${subject}`, invoiceKey, orderKey],
      bill,
    ),
    send(
      afterMs + 60,
      undefined,
      'erp-journal-to-finance',
      subject,
      [`journal_entry:JE-${subject}`, invoiceKey, orderKey],
      bill,
    ),
    send(afterMs + 95, undefined, 'erp-order-status-to-crm', `${subject}.invoiced`, [orderKey, invoiceKey], {
      ...bill,
      status: 'invoiced',
    }),
  ];
  if (body['channel'] === 'edi')
    effects.push(send(afterMs + 400, undefined, 'erp-invoice-to-edi', subject, [invoiceKey, orderKey], bill));
  return effects;
}

/** The TMS plans the delivery; the carrier reports it done a day or two later. */
export function dispatchDelivery(world: World, message: Message): Effect[] {
  const { body } = message;
  const subject = `${orderNumber(body)}-${text(body, 'part')}`;
  const random = world.random(`carry ${subject}`);
  const keys = [`delivery:DL-${subject}`, `shipment:SH-${subject}`, `order:${text(body, 'order')}`] as const;
  const carrier = random.pick(carriers);
  const dispatchMs = random.lognormal(40 * minuteMs, 0.6);
  const deliverMs = dispatchMs + random.lognormal(22 * hourMs, 0.4);
  const delivery: Fields = { shipment: `SH-${subject}`, carrier, status: 'dispatched' };
  return [
    fact(dispatchMs, undefined, 'tms', 'delivery.dispatched', keys, { 'delivery.carrier': carrier }),
    record(dispatchMs, undefined, 'tms', keys, delivery),
    fact(deliverMs, undefined, 'tms', 'delivery.delivered', keys, { 'delivery.carrier': carrier }),
    record(deliverMs, undefined, 'tms', keys, { ...delivery, status: 'delivered' }),
    send(deliverMs + 800, undefined, 'tms-status-to-erp', subject, keys, {
      ...body,
      carrier,
      status: 'delivered',
    }),
  ];
}

/** The money is captured; the settlement follows in a batch of the bank. */
export function capturePayment(world: World, message: Message): Effect[] {
  const { body } = message;
  const random = world.random(`settle ${text(body, 'payment')}`);
  const keys = [
    `payment:${text(body, 'payment')}`,
    `invoice:${text(body, 'invoice')}`,
    `order:${text(body, 'order')}`,
  ] as const;
  const fields: Fields = {
    invoice: text(body, 'invoice'),
    amount: text(body, 'amount'),
    currency: 'USD',
    status: 'captured',
    card_last4: String(random.int(0, 9999)).padStart(4, '0'),
  };
  const settleMs = random.lognormal(2.5 * hourMs, 0.5);
  return [
    fact(0, message, 'payments', 'payment.captured', keys, {
      'payment.amount': text(body, 'amount'),
      'payment.currency': 'USD',
    }),
    record(0, message, 'payments', keys, fields),
    send(settleMs, undefined, 'payments-settlement-to-finance', text(body, 'payment').slice(4), keys, body),
  ];
}

/** Finance books what the ERP billed. */
export function postJournal(_: World, message: Message, atMs: number): Effect[] {
  const { body } = message;
  const keys = [
    `journal_entry:${text(body, 'journal_entry')}`,
    `invoice:${text(body, 'invoice')}`,
    `order:${text(body, 'order')}`,
  ] as const;
  const period = new Date(atMs).toISOString().slice(0, 7);
  return [
    fact(0, message, 'finance', 'journal_entry.posted', keys, {
      'journal.amount': text(body, 'amount'),
      'journal.period': period,
    }),
    record(0, message, 'finance', keys, {
      invoice: text(body, 'invoice'),
      amount: text(body, 'amount'),
      currency: 'USD',
      period,
    }),
  ];
}

/** Finance sees the money on the bank account. */
export function settlePayment(_: World, message: Message): Effect[] {
  const { body } = message;
  const keys = [
    `payment:${text(body, 'payment')}`,
    `invoice:${text(body, 'invoice')}`,
    `order:${text(body, 'order')}`,
  ] as const;
  const settled: Fields = {
    invoice: text(body, 'invoice'),
    amount: text(body, 'amount'),
    currency: 'USD',
    status: 'settled',
  };
  return [
    fact(0, message, 'finance', 'payment.settled', keys, { 'payment.amount': text(body, 'amount') }),
    record(0, message, 'finance', keys, settled),
  ];
}

function orderRecord(body: Fields, status: string): Fields {
  return {
    customer: text(body, 'customer'),
    status,
    total: text(body, 'total'),
    currency: 'USD',
    ship_to: text(body, 'ship_to'),
  };
}

function orderKeys(body: Fields): string[] {
  return [
    `order:${text(body, 'order')}`,
    `channel_order:${text(body, 'channel_order')}`,
    `customer:${text(body, 'customer')}`,
  ];
}

function orderNumber(body: Fields): string {
  return text(body, 'order').slice(3);
}

function text(body: Fields, field: string): string {
  return String(body[field] ?? '');
}
