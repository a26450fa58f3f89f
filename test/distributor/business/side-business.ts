import type { Arrival } from './calendar.ts';
import { fact, record, send } from './effects.ts';
import { money, pickCustomer, pickProduct, warehouses } from './master-data.ts';
import { moveStock } from './inventory.ts';
import type { Effect, Message } from './types.ts';
import type { World } from './world.ts';

const minuteMs = 60_000;

/** Goods come back to the warehouse. */
export function receiveReturn(world: World, arrival: Arrival): Effect[] {
  const random = world.random(`return ${arrival.number}`);
  const product = pickProduct(random);
  const quantity = random.int(1, 5);
  const keys = [`return:RMA-${arrival.number}`, `credit_memo:CM-${arrival.number}`];
  const body = {
    return: `RMA-${arrival.number}`,
    credit_memo: `CM-${arrival.number}`,
    product: product.sku,
    quantity,
    total: money(product.unitPriceCents * quantity),
    currency: 'USD',
  };
  const level = `${product.sku}@${random.pick(warehouses)}`;
  return [
    fact(0, undefined, 'wms', 'return.received', [keys[0] ?? ''], { 'return.quantity': quantity }),
    send(50, undefined, 'wms-return-receipt-to-erp', arrival.number, keys, body),
    ...moveStock(world, 120, { movement: `MV-${arrival.number}`, level, quantity, reason: 'return' }),
  ];
}

/** The ERP books the return and credits the customer. */
export function creditReturn(world: World, message: Message): Effect[] {
  const number = message.transaction;
  const total = String(message.body['total']);
  const afterMs = world.random(`credit ${number}`).lognormal(25 * minuteMs, 0.7);
  const keys = [`credit_memo:CM-${number}`, `return:RMA-${number}`] as const;
  return [
    fact(0, message, 'erp', 'return.booked', [keys[1]], {}),
    record(0, message, 'erp', [keys[1]], { status: 'booked', quantity: Number(message.body['quantity']) }),
    fact(afterMs, undefined, 'erp', 'credit_memo.issued', keys, { 'credit_memo.total': total }),
    record(afterMs, undefined, 'erp', keys, { return: `RMA-${number}`, total, currency: 'USD' }),
  ];
}

/** Sales agrees on a price. */
export function agreePrice(world: World, arrival: Arrival): Effect[] {
  const random = world.random(`price ${arrival.number}`);
  const product = pickProduct(random);
  const customer = pickCustomer(random);
  const amount = money(product.unitPriceCents * (0.8 + 0.15 * random.next()));
  const keys = [`price:PA-${arrival.number}`, `customer:${customer.id}`, `product:${product.sku}`] as const;
  const fields = { customer: customer.id, product: product.sku, amount, currency: 'USD' };
  return [
    record(0, undefined, 'crm', keys, fields),
    send(60, undefined, 'crm-price-to-erp', arrival.number, keys, {
      price: `PA-${arrival.number}`,
      ...fields,
    }),
  ];
}

/** The ERP takes the price over. */
export function bookPrice(_: World, message: Message): Effect[] {
  const { price, ...fields } = message.body;
  const key = `price:${String(price)}`;
  return [
    fact(0, message, 'erp', 'price.agreed', message.keys, { 'price.amount': String(fields['amount']) }),
    record(0, message, 'erp', [key, ...message.keys.slice(1)], fields),
  ];
}

/** Credit control changes the terms of a customer. */
export function changeCustomer(world: World, arrival: Arrival): Effect[] {
  const random = world.random(`customer ${arrival.number}`);
  const customer = pickCustomer(random);
  const fields = { name: customer.name, terms: random.pick(['NET30', 'NET45', 'NET60', '2/10 NET30']) };
  const key = `customer:${customer.id}`;
  return [
    record(0, undefined, 'erp', [key], fields),
    send(80, undefined, 'erp-master-data-to-crm', arrival.number, [key], {
      customer: customer.id,
      ...fields,
    }),
  ];
}

/** The CRM takes the terms over. */
export function bookCustomer(_: World, message: Message): Effect[] {
  const { customer, ...fields } = message.body;
  return [record(0, message, 'crm', [`customer:${String(customer)}`], fields)];
}
