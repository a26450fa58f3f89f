import type { Arrival } from './calendar.ts';
import { fact, record, send } from './effects.ts';
import { transactionEntry } from './manifest.ts';
import { money, pickProduct, valuationOf, warehouses } from './master-data.ts';
import type { Effect, Message } from './types.ts';
import type { World } from './world.ts';

interface Movement {
  readonly movement: string;
  /** `SKU@warehouse`. */
  readonly level: string;
  readonly quantity: number;
  readonly reason: 'shipment' | 'receipt' | 'cycle_count' | 'return';
}

/** Goods come in or a bin is counted again. */
export function countStock(world: World, arrival: Arrival): Effect[] {
  const random = world.random(`movement ${arrival.number}`);
  const receipt = random.chance(0.6);
  return moveStock(world, 0, {
    movement: `MV-${arrival.number}`,
    level: `${pickProduct(random).sku}@${random.pick(warehouses)}`,
    quantity: receipt ? random.int(6, 48) : random.int(-3, 3) || 1,
    reason: receipt ? 'receipt' : 'cycle_count',
  });
}

/**
 * The warehouse changes its stock and tells the ERP how much it changed. The lost event changes the
 * stock and takes a sequence number, but nobody hears of it: the two systems drift apart.
 */
export function moveStock(world: World, afterMs: number, movement: Movement): Effect[] {
  const levelKey = `stock_level:${movement.level}`;
  const movementKey = `stock_movement:${movement.movement}`;
  const change = { 'stock.quantity': movement.quantity, 'stock.reason': movement.reason };
  const stated = fact(afterMs, undefined, 'wms', 'stock_movement.posted', [movementKey, levelKey], change);
  if (stated.kind === 'fact' && world.faults.chosen('lost-event', movement.movement)) {
    return [{ ...stated, fact: { ...stated.fact, name: lostEvent } }];
  }
  const subject = movement.movement.slice(3);
  const body = {
    stock_movement: movement.movement,
    level: movement.level,
    quantity: movement.quantity,
    reason: movement.reason,
  };
  return [
    stated,
    send(afterMs + 30, undefined, 'wms-stock-adjustment-to-erp', subject, [movementKey, levelKey], body),
  ];
}

/** Marks a statement that is made and lost; the runner counts it and does not emit it. */
export const lostEvent = 'stock_movement.posted.lost';

/** What the warehouse believes once it has moved the goods. */
export function recordStock(world: World, keys: readonly string[], quantity: number): Effect[] {
  const levelKey = stockLevelOf(keys);
  const onHand = world.stock('wms', levelKey, quantity);
  return [record(0, undefined, 'wms', [levelKey], { on_hand: onHand })];
}

/** The manifest's line of an event that nobody heard of. */
export function noteLostEvent(world: World, keys: readonly string[], atMs: number, sequence: number): void {
  const expect = `out_of_order: sequence ${sequence} of wms on ${stockLevelOf(keys)} is missing; mismatch of stock ERP/WMS afterwards`;
  world.note(transactionEntry('lost-event', keys[0] ?? '', atMs, keys, expect));
}

/** Statements about stock are numbered by stock level, so that a gap shows; all others by what they are about. */
export function sequenceKey(keys: readonly string[]): string {
  return stockLevelOf(keys) || (keys[0] ?? '');
}

function stockLevelOf(keys: readonly string[]): string {
  return keys.find((key) => key.startsWith('stock_level:')) ?? '';
}

/** The ERP books the movement and tells every channel what is left. */
export function bookMovement(world: World, message: Message): Effect[] {
  const { body } = message;
  const level = String(body['level']);
  const levelKey = `stock_level:${level}`;
  const keys = [`stock_movement:${String(body['stock_movement'])}`, levelKey];
  const available = world.stock('erp', levelKey, Number(body['quantity']));
  const { unitCostCents, abc } = valuationOf(level.slice(0, level.indexOf('@')));
  const subject = message.transaction;
  const tell = { ...body, available };
  return [
    fact(0, message, 'erp', 'stock_movement.booked', keys, { 'stock.available': available }),
    record(0, message, 'erp', [levelKey], {
      on_hand: available,
      available,
      unit_cost: money(unitCostCents),
      abc_class: abc,
    }),
    send(20, message, 'erp-availability-to-shop', subject, keys, tell),
    send(4 * 60_000, undefined, 'erp-availability-to-marketplace', subject, keys, tell),
  ];
}

/** The shop shows the new figure. */
export function publishAvailability(world: World, message: Message): Effect[] {
  return channelStock(world, message, 'shop', 'stock_movement.published');
}

/** The marketplaces list the new figure. */
export function listAvailability(world: World, message: Message): Effect[] {
  return channelStock(world, message, 'marketplace', 'stock_movement.listed');
}

function channelStock(
  world: World,
  message: Message,
  system: 'shop' | 'marketplace',
  event: string,
): Effect[] {
  const available = Number(message.body['available']);
  const levelKey = stockLevelOf(message.keys);
  world.setStock(system, levelKey, available);
  return [
    fact(0, message, system, event, message.keys, { 'stock.available': available }),
    record(0, message, system, [levelKey], { available }),
  ];
}
