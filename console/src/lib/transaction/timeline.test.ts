import { expect, test } from 'vitest';
import type { Transaction } from '../api-types.ts';
import { eventDetails, filterTimeline, firstKeys, parseTimelineFilter, timelineOf } from './timeline.ts';

const transaction = {
  events: [
    {
      at: '2026-03-01T10:00:05Z',
      event: 'order.accepted',
      system: 'erp',
      attributes: { 'business.sequence': '2', 'order.total': '10.00' },
    },
    { at: '2026-03-01T10:00:00Z', event: 'order.placed', system: 'shop', attributes: {} },
  ],
  messages: [
    { at: '2026-03-01T10:00:05Z', outcome: 'delivered', service: 'erp-core' },
    { at: '2026-03-01T10:00:03Z', outcome: 'failed', service: 'erp-core' },
  ],
} as unknown as Transaction;

test('what happened is told in order, a message before the event it caused', () => {
  expect(
    timelineOf(transaction).map((one) => (one.kind === 'event' ? one.event.event : one.message.outcome)),
  ).toEqual(['order.placed', 'failed', 'delivered', 'order.accepted']);
});

test('filters', () => {
  const all = timelineOf(transaction);
  expect(filterTimeline(all, 'problems')).toHaveLength(1);
  expect(filterTimeline(all, 'events')).toHaveLength(2);
  expect(filterTimeline(all, 'messages')).toHaveLength(2);
  expect(parseTimelineFilter('nonsense')).toBe('all');
});

test('details leave out what the line says already', () => {
  const [event] = transaction.events;
  expect(event && eventDetails(event)).toEqual([['order.total', '10.00']]);
});

test('a key is shown where it turns up first', () => {
  const event = (...keys: string[]) =>
    ({ kind: 'event', event: { keys } }) as unknown as Parameters<typeof firstKeys>[0][number];
  expect(
    firstKeys([event('order:1', 'shipment:2'), event('shipment:2'), event('invoice:3')], 'order:1'),
  ).toEqual([['shipment:2'], [], ['invoice:3']]);
});
