import { Process } from '@plumbline/model/catalog/schema.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeMilestones, partsOf, runState, waitingFor } from './milestones.ts';

const process = Process.parse({
  name: 'order-to-cash',
  title: 'Order to cash',
  owner: 'sales',
  lead: 'order',
  entities: ['order'],
  milestones: [
    { name: 'placed', title: 'Placed', event: 'order.placed', system: 'shop' },
    { name: 'accepted', title: 'Accepted', event: 'order.accepted', system: 'erp', within: '15m' },
    { name: 'gifted', title: 'Gift-wrapped', event: 'order.gifted', system: 'wms', optional: true },
    {
      name: 'shipped',
      title: 'Shipped',
      event: 'order.shipped',
      system: 'wms',
      within: '2h',
      after: 'accepted',
    },
    { name: 'paid', title: 'Paid', event: 'order.paid', system: 'fin' },
  ],
});
const minute = (number: number) => new Date(Date.UTC(2026, 10, 23, 8, number));
const reached = (minutes: Record<string, number | undefined>) =>
  new Map(Object.entries(minutes).flatMap(([name, at]) => (at === undefined ? [] : [[name, minute(at)]])));

describe('judgeMilestones', () => {
  it.each<[string, Record<string, number>, number, string[], string, string | undefined]>([
    [
      'just begun',
      { placed: 0 },
      10,
      ['reached', 'due', 'waiting', 'waiting', 'waiting'],
      'on_track',
      'accepted',
    ],
    [
      'at the very deadline',
      { placed: 0 },
      15,
      ['reached', 'due', 'waiting', 'waiting', 'waiting'],
      'on_track',
      'accepted',
    ],
    [
      'past the first deadline',
      { placed: 0 },
      16,
      ['reached', 'overdue', 'waiting', 'waiting', 'waiting'],
      'late',
      'accepted',
    ],
    [
      'accepted in time',
      { placed: 0, accepted: 15 },
      20,
      ['reached', 'reached', 'waiting', 'due', 'waiting'],
      'on_track',
      'shipped',
    ],
    [
      'accepted late',
      { placed: 0, accepted: 16 },
      20,
      ['reached', 'reached_late', 'waiting', 'due', 'waiting'],
      'late',
      'shipped',
    ],
    [
      'shipped without a gift',
      { placed: 0, accepted: 5, shipped: 9 },
      20,
      ['reached', 'reached', 'skipped', 'reached', 'waiting'],
      'on_track',
      'paid',
    ],
    [
      'not shipped',
      { placed: 0, accepted: 5 },
      126,
      ['reached', 'reached', 'waiting', 'overdue', 'waiting'],
      'late',
      'shipped',
    ],
    [
      'whole',
      { placed: 0, accepted: 5, shipped: 9, paid: 10 },
      999,
      ['reached', 'reached', 'skipped', 'reached', 'reached'],
      'completed',
      undefined,
    ],
    [
      'whole, but late',
      { placed: 0, accepted: 5, shipped: 200, paid: 300 },
      999,
      ['reached', 'reached', 'skipped', 'reached_late', 'reached'],
      'completed_late',
      undefined,
    ],
    // Without the event that starts the clock nothing is late: the event may be lost, the order is not.
    [
      'its beginning lost',
      { accepted: 5 },
      20,
      ['waiting', 'reached', 'waiting', 'due', 'waiting'],
      'on_track',
      'placed',
    ],
  ])('%s', (_, minutes, now, states, state, next) => {
    const verdicts = judgeMilestones(process, reached(minutes), minute(now));
    expect(verdicts.map((verdict) => verdict.state)).toEqual(states);
    expect(runState(verdicts)).toBe(state);
    expect(waitingFor(verdicts)?.milestone.name).toBe(next);
  });

  it('says why nothing is due', () => {
    const whys = (minutes: Record<string, number>) =>
      judgeMilestones(process, reached(minutes), minute(20)).map(({ noDueWhy }) => noDueWhy);
    const open = 'no deadline in the catalog';
    expect(whys({ accepted: 5 })).toEqual([
      'passed by: later milestones are reached, so its event was never told',
      null,
      open,
      null,
      open,
    ]);
    expect(whys({ placed: 0 })).toEqual([null, null, open, 'due 2h after Accepted', open]);
  });

  it('never un-lates a run by waiting, and judges each milestone by its own deadline', () => {
    const times = fc.record(
      Object.fromEntries(process.milestones.map(({ name }) => [name, fc.integer({ min: 0, max: 500 })])),
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(times, fc.nat(1000), fc.nat(1000), (minutes, now, later) => {
        const before = judgeMilestones(process, reached(minutes), minute(now));
        const after = judgeMilestones(process, reached(minutes), minute(now + later));
        if (runState(before) === 'late') expect(runState(after)).toBe('late');
        for (const { at, dueAt, state, milestone } of before) {
          if (state === 'reached_late') expect(at?.getTime()).toBeGreaterThan(dueAt?.getTime() ?? 0);
          if (state === 'overdue') expect([at, minute(now) > (dueAt ?? minute(now))]).toEqual([null, true]);
          if (milestone.optional) expect(['waiting', 'skipped', 'reached']).toContain(state);
        }
      }),
    );
  });
});

describe('partsOf', () => {
  const shipped = process.milestones.find(({ name }) => name === 'shipped');
  const told = (...events: [string, string][]) => events.map(([event, key]) => ({ event, key }));
  it.each<[string, [string, string][], { reached: number; of: number } | null]>([
    [
      'one of one',
      [
        ['order.accepted', 'a'],
        ['order.shipped', 's-1'],
      ],
      null,
    ],
    [
      'not reached at all',
      [
        ['order.accepted', 'a'],
        ['order.accepted', 'b'],
      ],
      null,
    ],
    [
      'one of two',
      [
        ['order.accepted', 'a'],
        ['order.accepted', 'b'],
        ['order.shipped', 's-1'],
      ],
      { reached: 1, of: 2 },
    ],
    [
      'one, told twice',
      [
        ['order.accepted', 'a'],
        ['order.shipped', 's-1'],
        ['order.shipped', 's-1'],
      ],
      null,
    ],
    [
      'two of one',
      [
        ['order.accepted', 'a'],
        ['order.shipped', 's-1'],
        ['order.shipped', 's-2'],
      ],
      { reached: 2, of: 2 },
    ],
  ])('%s', (_, events, expected) => {
    expect(shipped && partsOf(process, shipped, told(...events))).toEqual(expected);
  });
});
