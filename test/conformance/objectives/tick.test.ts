import { afterAll, beforeAll, expect, it } from 'vitest';
import { compileCatalog } from '@plumbline/model/catalog/compile-catalog.ts';
import type { Catalog } from '@plumbline/model/catalog/schema.ts';
import { applyDerivation } from '@plumbline/model/clickhouse/derivation/apply.ts';
import { backtest } from '@plumbline/slo/backtest.ts';
import { minuteMs } from '@plumbline/slo/interval.ts';
import {
  createEngine,
  type Kept,
  newKept,
  type Outcome,
  readHistory,
  runTick,
  tapeFor,
} from '@plumbline/slo/tick.ts';
import { openStore, type SpanRow, type Store } from '../derivation/store.ts';
import { catalogText, message, objectiveText } from './catalog.ts';

const now = Math.floor(Date.now() / minuteMs);
const createdMinute = now - 200;
const outage = { from: now - 30, to: now - 10 };

let store: Store;
let catalog: Catalog;

beforeAll(async () => {
  store = await openStore();
  const compiled = compileCatalog(
    new Map([
      ['catalog.yaml', catalogText],
      ['objectives.yaml', objectiveText],
    ]),
  );
  if (!compiled.ok) throw new Error('the catalog of the test is broken');
  catalog = compiled.catalog;
  await applyDerivation(store.clickHouse, catalog);
});
afterAll(() => store.close());

/** One span a row, of which the views make messages and the rollup. */
async function insert(rows: readonly SpanRow[]): Promise<void> {
  await store.clickHouse.insert({ table: 'otel_traces', values: rows, format: 'JSONEachRow' });
}

it('pages from what spans became in the rollup, resolves when it is over, and a backtest of the same says the same', async () => {
  const minutes = Array.from({ length: 190 }, (_, index) => createdMinute + index);
  await insert(
    minutes.flatMap((minute) =>
      [0, 1, 2, 3].map((index) => message(minute, index, minute >= outage.from && minute < outage.to)),
    ),
  );
  const engine = createEngine(catalog);
  await readHistory(engine, store.clickHouse, (outage.from - 1) * minuteMs);
  const told: Outcome['transitions'][number][] = [];
  let kept: Kept = newKept(createdMinute);
  const tick = async (minute: number): Promise<Outcome | undefined> => {
    const [outcome] = await runTick(engine, store.clickHouse, () => kept, minute * minuteMs);
    if (outcome === undefined) return undefined;
    kept = { ...kept, state: outcome.state };
    told.push(...outcome.transitions);
    return outcome;
  };
  await tick(outage.from - 4);
  // Two ticks in one minute move nothing twice; the gap until the last is caught up with minute by minute.
  for (const minute of [
    outage.from,
    outage.from + 1,
    outage.from + 2,
    outage.from + 2,
    outage.from + 3,
    outage.from + 3,
  ]) {
    await tick(minute);
  }
  // Nine bad minutes of sixty burn 1 % of budget 15-fold; the tenth confirms it.
  const last = await tick(now - 10 + 5);
  expect(
    told.map(({ to, severity, atMs }) => `${severity} ${to} ${atMs / minuteMs - outage.from}`),
  ).toContain('page firing 10');
  expect(told.find(({ to }) => to === 'firing')?.impactStartMs).toBe(outage.from * minuteMs);
  expect(last?.explanation.budget).toMatchObject({ total: 190 * 4, good: 170 * 4 });

  const range = { from: outage.from - 5, to: now - 6 };
  const [objective] = catalog.objectives;
  if (objective === undefined) throw new Error('no objective');
  // Windows reach back further than the stretch that is looked at, whatever the time of day.
  const tape = tapeFor(engine, objective, kept, { from: createdMinute, to: range.to });
  const past = backtest(objective, tape, range);
  expect(past.transitions).toEqual(told);
});

it('finds what came late, and moves its figures but not what was said', async () => {
  const engine = createEngine(catalog);
  await readHistory(engine, store.clickHouse, (now - 10) * minuteMs);
  const kept = newKept(createdMinute);
  const total = async () => {
    const [outcome] = await runTick(engine, store.clickHouse, () => kept, (now - 9) * minuteMs);
    return outcome?.explanation.budget.total;
  };
  const before = (await total()) ?? 0;
  await insert([message(now - 45, 30, false)]);
  expect(await total()).toBe(before + 1);
});

it('a past that is told all at once counts with the next tick', async () => {
  const engine = createEngine(catalog);
  const late = now + 400;
  await readHistory(engine, store.clickHouse, late * minuteMs);
  const kept = newKept(late - 1);
  const counted = async () =>
    (await runTick(engine, store.clickHouse, () => kept, (late + 6) * minuteMs))[0]?.explanation.budget.total;
  const before = (await counted()) ?? 0;
  // Two days, a message every quarter of an hour, and the last hour by the minute.
  const quarters = Array.from({ length: 190 }, (_, index) => late - 2900 + index * 15);
  const minutes = Array.from({ length: 60 }, (_, index) => late - 60 + index);
  const told = [...new Set([...quarters, ...minutes])];
  await insert(told.map((minute) => message(minute, 9, false)));
  expect(await counted()).toBe(before + told.length);
});
