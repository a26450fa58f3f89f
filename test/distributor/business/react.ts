import type { Arrival } from './calendar.ts';
import { bookMovement, countStock, listAvailability, publishAvailability } from './inventory.ts';
import {
  acceptOrder,
  bookShipment,
  capturePayment,
  determineTax,
  dispatchDelivery,
  placeOrder,
  postJournal,
  releaseOrder,
  settlePayment,
} from './order-to-cash.ts';
import {
  agreePrice,
  bookCustomer,
  bookPrice,
  changeCustomer,
  creditReturn,
  receiveReturn,
} from './side-business.ts';
import type { Effect, Message } from './types.ts';
import type { World } from './world.ts';

type Reaction = (world: World, message: Message, atMs: number) => Effect[];

const beginnings: Readonly<Record<Arrival['kind'], (world: World, arrival: Arrival) => Effect[]>> = {
  order: placeOrder,
  movement: countStock,
  return: receiveReturn,
  price: agreePrice,
  customer: changeCustomer,
};

const nothing: Reaction = () => [];
const reactions: Readonly<Record<string, Reaction>> = {
  'shop-order-to-erp': acceptOrder,
  'marketplace-order-to-erp': acceptOrder,
  'edi-order-to-erp': acceptOrder,
  'erp-tax-determination': determineTax,
  'erp-release-to-wms': releaseOrder,
  'wms-shipment-to-erp': bookShipment,
  'wms-delivery-to-tms': dispatchDelivery,
  'erp-capture-to-payments': capturePayment,
  'payments-settlement-to-finance': settlePayment,
  'erp-journal-to-finance': postJournal,
  'wms-stock-adjustment-to-erp': bookMovement,
  'erp-availability-to-shop': publishAvailability,
  'erp-availability-to-marketplace': listAvailability,
  'wms-return-receipt-to-erp': creditReturn,
  'crm-price-to-erp': bookPrice,
  'erp-master-data-to-crm': bookCustomer,
  'tms-status-to-erp': nothing,
  'erp-invoice-to-edi': nothing,
  'erp-order-status-to-crm': nothing,
};

/** What the business does when something begins by itself. */
export function begin(world: World, arrival: Arrival): Effect[] {
  return beginnings[arrival.kind](world, arrival);
}

/** What the target of a flow does once it has processed a message. */
export function react(world: World, message: Message, atMs: number): Effect[] {
  return (reactions[message.flow] ?? nothing)(world, message, atMs);
}
