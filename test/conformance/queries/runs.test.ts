import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Process } from '@plumbline/model/catalog/schema.ts';
import { judgeMilestones, runState } from '@plumbline/control-plane/transactions/milestones.ts';
import { countRuns, readRuns, readRunsOf } from '@plumbline/control-plane/transactions/run-queries.ts';
import { openStore, type Store } from '../derivation/store.ts';

const minuteMs = 60_000;
const now = new Date(Math.floor(Date.now() / minuteMs) * minuteMs);
const beganMsMax = 600 * minuteMs;
const process = Process.parse({
  name: 'sale',
  title: 'Sale',
  owner: 'sales',
  lead: 'order',
  entities: ['order'],
  milestones: [
    { name: 'placed', title: 'Placed', event: 'order.placed', system: 'shop' },
    { name: 'accepted', title: 'Accepted', event: 'order.accepted', system: 'erp', within: '30m' },
    { name: 'gifted', title: 'Gifted', event: 'order.gifted', system: 'wms', within: '10m', optional: true },
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
const range = { from: new Date(now.getTime() - 2 * beganMsMax), to: now };

/** Minutes ago at which each milestone was reached; undefined: not yet. */
const runs = fc
  .sample(
    fc.array(fc.option(fc.integer({ min: 1, max: beganMsMax / minuteMs }), { nil: undefined }), {
      minLength: process.milestones.length,
      maxLength: process.milestones.length,
    }),
    { numRuns: 300, seed: 7 },
  )
  .filter((minutes) => minutes.some((minute) => minute !== undefined))
  .map((minutes, number) => ({
    key: `order:${String(number).padStart(4, '0')}`,
    reached: new Map(
      process.milestones.flatMap(({ name }, at) => {
        const minute = minutes[at];
        return minute === undefined ? [] : [[name, new Date(now.getTime() - minute * minuteMs)] as const];
      }),
    ),
  }));
const stateOf = ({ reached }: (typeof runs)[number]) => runState(judgeMilestones(process, reached, now));

let store: Store;
beforeAll(async () => {
  store = await openStore();
  const rows = runs.flatMap(({ key, reached }) =>
    [...reached].map(([milestone, at]) => ({
      Process: process.name,
      Key: key,
      Milestone: milestone,
      At: at.toISOString().replace('T', ' ').replace('Z', ''),
      IngestMonth: now.toISOString().slice(0, 10),
    })),
  );
  for (const table of ['milestone_times', 'milestones'])
    await store.clickHouse.insert({ table, values: rows, format: 'JSONEachRow' });
});
afterAll(() => store.close());

it('gives every run the state in SQL that it has in TypeScript, whichever way it is read', async () => {
  const expected = runs.map((run) => [run.key, stateOf(run)]).sort();
  expect(new Set(expected.map(([, state]) => state)).size).toBe(4);
  const filter = { range, now, states: [], valueMin: null, after: undefined, limit: 500 };
  const listed = await readRuns(store.clickHouse, [process], filter);
  expect(listed.map(({ key, state }) => [key, state]).sort()).toEqual(expected);
  const keys = runs.map(({ key }) => key);
  const named = await readRunsOf(store.clickHouse, [process], keys, now);
  expect(named.map(({ key, state }) => [key, state]).sort()).toEqual(expected);
  const counted = await countRuns(store.clickHouse, [process], range, now);
  for (const { state, count } of counted)
    expect([state, count]).toEqual([state, expected.filter((one) => one[1] === state).length]);
});

it('lists newest first across its windows, and leaves out what began before the range', async () => {
  const beganAt = ({ reached }: (typeof runs)[number]) => Math.min(...[...reached.values()].map(Number));
  const from = new Date(now.getTime() - beganMsMax / 2);
  const filter = { range: { from, to: now }, now, states: [], valueMin: null, after: undefined, limit: 500 };
  const listed = await readRuns(store.clickHouse, [process], filter);
  expect(listed.map(({ key }) => key).sort()).toEqual(
    runs.filter((run) => beganAt(run) >= from.getTime()).map(({ key }) => key),
  );
  const began = listed.map(({ startedAt }) => Date.parse(startedAt));
  expect(began).toEqual(began.toSorted((a, b) => b - a));
});
