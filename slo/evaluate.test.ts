import type { Objective } from '@plumbline/model/catalog/objective.ts';
import { describe, expect, it } from 'vitest';
import { backtest, summarizeBacktest } from './backtest.ts';
import {
  evaluate,
  newObjectiveState,
  type ObjectiveState,
  ObjectiveState as StateSchema,
  type Transition,
} from './evaluate.ts';
import { minuteMs } from './interval.ts';
import { measure, sampleObjective, seriesOf, tapeOf } from './sample.ts';
import { createSeries, eachSlice, putSlice } from './series.ts';
import { type Measurements, windTape } from './tape.ts';

const day = 1440;
const month = 30 * day;
type Counts = (minute: number) => readonly [number, number] | null;

/** Changes that somebody is told of, as `minute kind severity phase`. */
function told(transitions: readonly Transition[]): string[] {
  return transitions
    .filter(({ to, from }) => to === 'firing' || from === 'firing')
    .map(({ atMs, kind, severity, to }) => `${atMs / minuteMs} ${kind} ${severity} ${to}`);
}

function test(
  objective: Objective,
  counts: Counts,
  from: number,
  to: number,
  more: Partial<Measurements> = {},
) {
  return backtest(objective, tapeOf(objective, 0, to, counts, more), { from, to });
}

describe('multi-window burn-rate alerts', () => {
  it('page of a total outage two minutes after it began, and resolve soon after it ended', () => {
    const outage: Counts = (minute) => [100, minute >= month && minute < month + 20 ? 100 : 0];
    const result = test(sampleObjective(), outage, month - 60, month + 120);
    expect(told(result.transitions).slice(0, 1)).toEqual([`${month + 2} burn page firing`]);
    expect(result.transitions.find(({ to }) => to === 'firing')?.impactStartMs).toBe(month * minuteMs);
    // The long window of the second pair still burns, but its short one, of 30 minutes, is clean by then.
    expect(told(result.transitions)).toContain(`${month + 20 + 30 + 4} burn page resolved`);
  });

  it('do not page of a burn that spends less than the first pair allows, and page when it reaches it', () => {
    // 1.43 % and 1.44 % of errors for an hour, of which the second is a burn of exactly 14.4.
    const burn =
      (bad: number): Counts =>
      (minute) => [10_000, minute >= month ? bad : 0];
    expect(test(sampleObjective(), burn(143), month, month + 60).pages).toBe(0);
    expect(told(test(sampleObjective(), burn(144), month, month + 62).transitions)).toEqual([
      `${month + 61} burn page firing`,
    ]);
  });

  it('hold on between the threshold and eight tenths of it', () => {
    const only = sampleObjective({
      alerts: [{ severity: 'page', threshold: 10, longMinutes: 60, shortMinutes: 5, afterMinutes: 0 }],
    });
    const counts =
      (after: number): Counts =>
      (minute) => [1000, minute < month ? 0 : minute < month + 60 ? 12 : after];
    expect(told(test(only, counts(8), month, month + 240).transitions)).toHaveLength(1);
    expect(told(test(only, counts(7), month, month + 240).transitions)).toEqual([
      expect.stringContaining('firing'),
      expect.stringContaining('resolved'),
    ]);
  });

  it('wait for as long as a condition must have held', () => {
    const after = (afterMinutes: number) =>
      sampleObjective({
        alerts: [{ severity: 'page', threshold: 10, longMinutes: 60, shortMinutes: 5, afterMinutes }],
      });
    const outage: Counts = (minute) => [100, minute >= month ? 100 : 0];
    expect(told(test(after(0), outage, month, month + 30).transitions)).toEqual([
      `${month + 2} burn page firing`,
    ]);
    expect(told(test(after(10), outage, month, month + 30).transitions)).toEqual([
      `${month + 12} burn page firing`,
    ]);
  });

  it('ask for every minute of slices at the end of a slice alone, and still fire', () => {
    const sliced = sampleObjective({
      budgeting: { method: 'timeslices', sliceMinutes: 5, sliceTarget: 0.95 },
    });
    const outage: Counts = (minute) => [100, minute >= month ? 100 : 0];
    const result = test(sliced, outage, month - 10, month + 40);
    expect(result.pages).toBe(1);
  });
});

describe('low traffic', () => {
  // One order every hour; bad ones as told.
  const orders =
    (bad: (index: number) => boolean): Counts =>
    (minute) =>
      minute % 60 === 0 ? [1, bad(minute / 60) ? 1 : 0] : null;
  const heard = { heard: seriesOf(0, month + 2 * day, () => [1, 0]) };

  it('one failure in ten orders never pages, although it burns a hundredfold', () => {
    const objective = sampleObjective();
    const ten: Counts = (minute) =>
      minute >= month - 10 && minute < month ? [1, minute === month - 3 ? 1 : 0] : null;
    const result = test(objective, ten, month - 10, month + day, heard);
    expect(result.transitions).toEqual([]);
    const tape = tapeOf(objective, 0, month, ten, heard);
    const { explanation } = evaluate(objective, newObjectiveState, { tape, watermarkMinute: month }, month);
    expect(explanation.burns[0]).toMatchObject({
      burns: true,
      enoughEvents: false,
      holds: false,
      badEvents: 1,
    });
    expect(explanation.burns[0]?.longBurn).toBeCloseTo(100, 9);
  });

  it('ten of ten do', () => {
    const ten: Counts = (minute) => (minute >= month - 10 && minute < month ? [1, 1] : null);
    expect(test(sampleObjective(), ten, month - 10, month + 10, heard).pages).toBe(1);
  });

  it('three failures of a month of many orders are too small a share of the budget', () => {
    const busy: Counts = (minute) => (minute >= month - 5 ? [3, 1] : minute < month - 60 ? [100, 0] : null);
    const quiet: Counts = (minute) => (minute >= month - 5 ? [3, 1] : minute % 60 === 0 ? [1, 0] : null);
    expect(test(sampleObjective(), busy, month - 5, month, heard).pages).toBe(0);
    expect(test(sampleObjective(), quiet, month - 5, month, heard).pages).toBe(1);
  });

  it('does not resolve for want of orders before the long window has passed', () => {
    const objective = sampleObjective({
      alerts: [{ severity: 'page', threshold: 14.4, longMinutes: 360, shortMinutes: 60, afterMinutes: 0 }],
    });
    const first = month / 60;
    const result = test(
      objective,
      orders((index) => index >= first && index < first + 4),
      month,
      month + day,
      heard,
    );
    // Three bad by the minute after the third; the orders from the fifth on are good, so the short window clears.
    expect(told(result.transitions)).toEqual([
      `${month + 122} burn page firing`,
      `${month + 4 * 60 + 1 + 4} burn page resolved`,
    ]);
    const silent: Counts = (minute) =>
      minute > month + 200 ? null : orders((index) => index >= first)(minute);
    const lull = test(objective, silent, month, month + day, heard);
    expect(told(lull.transitions)[1]).toBe(`${month + 180 + 361 + 4} burn page resolved`);
  });
});

describe('without data', () => {
  const from = month;
  const gap =
    (begin: number, end: number): Counts =>
    (minute) =>
      minute >= begin && minute < end ? null : [100, 0];

  it('freezes under a coverage of 0.9, and one stale alert opens and ends', () => {
    const result = test(sampleObjective(), gap(from, from + 60), from - 60, from + 240);
    expect(told(result.transitions)).toEqual([
      expect.stringMatching(/ stale ticket firing$/),
      expect.stringMatching(/ stale ticket resolved$/),
    ]);
    expect(result.frozenMinutes).toBeGreaterThan(60);
    const tape = tapeOf(sampleObjective(), 0, from + 10, gap(from, from + 60));
    const at = (minute: number) =>
      evaluate(sampleObjective(), newObjectiveState, { tape, watermarkMinute: minute }, minute);
    // 12 or 13 slots of five minutes: one missing is 0.92, two are 0.85.
    expect(at(from + 5).explanation).toMatchObject({ frozen: null, coverage: 12 / 13 });
    expect(at(from + 10).explanation).toMatchObject({ frozen: 'coverage', coverage: 11 / 13 });
  });

  it('neither fires nor resolves while frozen', () => {
    const outage: Counts = (minute) =>
      minute < from ? [100, 0] : minute < from + 20 ? [100, 100] : minute < from + 200 ? null : [100, 0];
    const result = test(sampleObjective(), outage, from - 10, from + 300);
    const burns = told(result.transitions).filter((each) => each.includes('burn page'));
    expect(burns[0]).toBe(`${from + 2} burn page firing`);
    const resolvedAt = Number(burns[1]?.split(' ')[0]);
    expect(resolvedAt).toBeGreaterThan(from + 200);
  });

  it('neither pages of what it sees nor ends a page while the watermark is stale', () => {
    const outage: Counts = (minute) => [100, minute >= from && minute < from + 60 ? 100 : 0];
    const tape = tapeOf(sampleObjective(), 0, from + 300, outage);
    const run = (
      watermarkOf: (minute: number) => number,
      first: number,
      last: number,
      begin = newObjectiveState,
    ) => {
      let state = begin;
      for (let minute = first; minute <= last; minute += 1) {
        state = evaluate(
          sampleObjective(),
          state,
          { tape, watermarkMinute: watermarkOf(minute) },
          minute,
        ).state;
      }
      return state;
    };
    expect(run(() => from - 60, from, from + 60).page.phase).toBe('quiet');
    const firing = run((minute) => minute, from, from + 60);
    expect(firing.page.phase).toBe('firing');
    expect(run(() => from, from + 61, from + 300, firing).page.phase).toBe('firing');
    expect(run((minute) => minute, from + 61, from + 300, firing).page.phase).toBe('resolved');
  });

  it('freezes on a stale watermark, and says which', () => {
    const tape = tapeOf(sampleObjective(), 0, from, () => [100, 0]);
    const at = (watermarkMinute: number) =>
      evaluate(sampleObjective(), newObjectiveState, { tape, watermarkMinute }, from).explanation.frozen;
    expect(at(from - 10)).toBeNull();
    expect(at(from - 11)).toBe('watermark');
  });

  it('is quiet while the business is closed', () => {
    const open = Array.from({ length: 40 }, (_, index) => ({
      from: index * day + 480,
      to: index * day + 1020,
    }));
    const hours: Counts = (minute) => (minute % day >= 480 && minute % day < 1020 ? [100, 0] : null);
    const result = test(sampleObjective({ calendar: 'office' }), hours, from, from + 3 * day, { open });
    expect(result.transitions).toEqual([]);
    expect(result.frozenMinutes).toBe(0);
  });

  it('is no reason to alert for who does not want to be told, but freezes', () => {
    const result = test(
      sampleObjective({ alertOnStale: false }),
      gap(from, from + 60),
      from - 60,
      from + 240,
    );
    expect(result.transitions).toEqual([]);
    expect(result.frozenMinutes).toBeGreaterThan(60);
  });
});

describe('a backtest', () => {
  // Thirty days with a daily rhythm, four incidents and a gap of the telemetry.
  const start = 30 * day;
  const end = 60 * day;
  const incidents = [
    { from: start + 3 * day + 600, to: start + 3 * day + 640, share: 1 },
    { from: start + 9 * day + 100, to: start + 9 * day + 400, share: 0.03 },
    { from: start + 17 * day + 800, to: start + 17 * day + 830, share: 0.5 },
    { from: start + 25 * day, to: start + 25 * day + 30, share: 0.002 },
  ];
  const counts: Counts = (minute) => {
    if (minute > start + 20 * day && minute < start + 20 * day + 90) return null;
    const total = 1000 + 400 * Math.round(Math.sin(minute / 230));
    const incident = incidents.find(({ from, to }) => minute >= from && minute < to);
    return [total, incident === undefined ? (minute % 7 === 0 ? 1 : 0) : Math.ceil(total * incident.share)];
  };
  const objective = sampleObjective();

  it('says in one line what thirty days would have been like', () => {
    const result = backtest(
      objective,
      tapeOf(objective, 0, end, counts),
      { from: start, to: end },
      incidents,
    );
    expect(summarizeBacktest(result)).toBe(
      '3 pages, 3 tickets, caught 3 of 4 incidents, median detection 3 min, not measurable for 131 minutes',
    );
  });

  it('agrees exactly with live evaluation, minute by minute, as data comes in', () => {
    const from = start + 3 * day;
    const to = from + 800;
    const all = seriesOf(0, end, counts);
    const past = backtest(objective, windTape(objective, measure(all), 0, end), { from, to });
    const growing = createSeries();
    eachSlice(all, 0, from, (minute, total, bad) => putSlice(growing, { minute, total, bad }));
    let state: ObjectiveState = newObjectiveState;
    const transitions: Transition[] = [];
    for (let minute = from; minute <= to; minute += 1) {
      eachSlice(all, minute - 1, minute, (at, total, bad) => putSlice(growing, { minute: at, total, bad }));
      const tape = windTape(objective, measure(growing), minute - 33 * day, minute);
      // As through the store: what is kept between two evaluations is plain JSON.
      const kept = StateSchema.parse(JSON.parse(JSON.stringify(state)));
      const evaluated = evaluate(objective, kept, { tape, watermarkMinute: minute }, minute);
      state = evaluated.state;
      transitions.push(...evaluated.transitions);
    }
    expect(transitions.length).toBeGreaterThan(2);
    expect(transitions).toEqual(past.transitions);
    expect(state).toEqual(past.state);
  });

  it('counts no page when a correction takes the incident out', () => {
    const [first] = incidents;
    if (first === undefined) throw new Error('no incident');
    const range = { from: start + 3 * day, to: start + 4 * day };
    expect(backtest(objective, tapeOf(objective, 0, end, counts), range).pages).toBe(1);
    expect(backtest(objective, tapeOf(objective, 0, end, counts, { corrected: [first] }), range).pages).toBe(
      0,
    );
  });
});
