import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFaultPlan, faultKinds, type FaultKind } from './faults.ts';
import type { ManifestEntry } from './manifest.ts';
import { advance, createBusiness } from './simulate.ts';
import type { Step } from './types.ts';

const hourMs = 3_600_000;
/** A Tuesday morning in Chicago. */
const openedMs = Date.UTC(2026, 9, 20, 13);

interface Lived {
  readonly steps: Step[];
  readonly manifest: ManifestEntry[];
}

function live(seed: number, hours: number, kinds: readonly FaultKind[], cuts: readonly number[] = []): Lived {
  const steps: Step[] = [];
  const manifest: ManifestEntry[] = [];
  const business = createBusiness({
    seed,
    ratePerMinute: 2,
    faults: createFaultPlan(seed, new Set(kinds)),
    fromMs: openedMs,
    emit: (step) => steps.push(step),
    note: (entry) => manifest.push(entry),
  });
  for (const cut of [...cuts].sort((a, b) => a - b)) advance(business, openedMs + cut * hours * hourMs);
  advance(business, openedMs + hours * hourMs);
  return { steps, manifest };
}

const attempts = (steps: readonly Step[]) => steps.filter((step) => step.kind === 'attempted');
const facts = (steps: readonly Step[]) => steps.filter((step) => step.kind === 'fact');

describe('determinism', () => {
  test('equal seeds give equal histories, wherever the clock is stopped in between', () => {
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), cuts, (seed, stops) => {
        const [cut, whole] = [live(seed, 2, faultKinds, stops), live(seed, 2, faultKinds)];
        expect(JSON.stringify(cut) === JSON.stringify(whole)).toBe(true);
      }),
      { numRuns: 6 },
    );
  });

  test('another seed gives another history', () => {
    expect(JSON.stringify(live(1, 2, faultKinds).steps)).not.toBe(
      JSON.stringify(live(2, 2, faultKinds).steps),
    );
  });

  test('steps come in the order of time, and no message id is sent twice', () => {
    const { steps } = live(5, 24, faultKinds);
    expect(steps.filter((step, index) => step.atMs < (steps[index - 1]?.atMs ?? 0))).toEqual([]);
    const firsts = attempts(steps).filter((step) => step.attempt === 1);
    expect(new Set(firsts.map((step) => step.message.id)).size).toBe(firsts.length);
  });
});

describe('manifest', () => {
  const { steps, manifest } = live(11, 48, faultKinds);

  test('every failed attempt has its line, and every line its failed attempt', () => {
    const failed = attempts(steps).filter((step) => step.failure);
    const named = (id: string | undefined, attempt: number | undefined) => `${id} ${attempt}`;
    const inSteps = failed.map((step) => named(step.message.id, step.attempt)).sort();
    const inManifest = manifest
      .filter((entry) => entry.scope === 'attempt')
      .map((entry) => named(entry.messageId, entry.attempt))
      .sort();
    expect(inManifest).toEqual(inSteps);
    expect(inSteps.length).toBeGreaterThan(50);
  });

  test('each kind of fault occurs', () => {
    expect(new Set(manifest.map((entry) => entry.kind))).toEqual(new Set(faultKinds));
  });

  test('nobody processes anything while a consumer is down', () => {
    const windows = manifest.filter((entry) => entry.kind === 'consumer-down' && entry.scope === 'window');
    for (const { flow, at, until } of windows) {
      const worked = attempts(steps).filter(
        (step) =>
          step.message.flow === flow &&
          step.atMs >= Date.parse(at) &&
          step.atMs < Date.parse(until ?? at) &&
          !step.failure?.unreachable,
      );
      expect(worked).toEqual([]);
    }
    expect(windows.length).toBeGreaterThan(0);
  });

  test('a slow consumer is slow', () => {
    const window = manifest.find((entry) => {
      const hit = attempts(steps).filter(
        (step) => step.message.flow === entry.flow && within(step.atMs, entry),
      );
      return entry.kind === 'slow-consumer' && hit.length > 10;
    });
    const flow = attempts(steps).filter((step) => step.message.flow === window?.flow && !step.failure);
    const median = (slow: boolean) => {
      const durations = flow
        .filter((step) => within(step.atMs, window) === slow)
        .map((step) => step.durationMs);
      return durations.sort((a, b) => a - b)[Math.floor(durations.length / 2)] ?? 0;
    };
    expect(median(true)).toBeGreaterThan(8 * median(false));
  });

  test('a shipment of the manifest is posted and never invoiced', () => {
    const lost = manifest.filter((entry) => entry.kind === 'shipment-without-invoice');
    for (const { keys } of lost) {
      const events = facts(steps).filter(({ fact }) => fact.keys.includes(keys[0] ?? ''));
      expect(events.map(({ fact }) => fact.name)).toContain('shipment.posted');
      expect(events.map(({ fact }) => fact.name)).not.toContain('invoice.issued');
    }
    expect(lost.length).toBeGreaterThan(0);
  });

  test('a duplicate webhook makes two orders for one channel order; a twin with the same key makes one', () => {
    const accepted = facts(steps).filter(({ fact }) => fact.name === 'order.accepted');
    const orders = (keys: readonly string[]) => {
      const channelOrder = keys.find((key) => key.startsWith('channel_order:')) ?? '';
      return new Set(
        accepted.filter(({ fact }) => fact.keys.includes(channelOrder)).map(({ fact }) => fact.keys[0]),
      ).size;
    };
    const settled = (entry: ManifestEntry) => Date.parse(entry.at) < openedMs + 46 * hourMs;
    const twins = manifest.filter((entry) => entry.kind === 'same-key-twin' && settled(entry));
    expect(twins.map((entry) => orders(entry.keys)).filter((count) => count > 1)).toEqual([]);
    const doubles = manifest.filter((entry) => entry.kind === 'duplicate-webhook' && settled(entry));
    expect(doubles.filter((entry) => orders(entry.keys) === 2).length).toBeGreaterThan(0.8 * doubles.length);
  });

  test('without faults nothing fails and the manifest is empty', () => {
    const quiet = live(11, 24, []);
    expect(quiet.manifest).toEqual([]);
    expect(attempts(quiet.steps).filter((step) => step.outcome !== 'delivered')).toEqual([]);
  });
});

describe('conservation', () => {
  const { steps } = live(3, 72, []);
  const endMs = openedMs + 72 * hourMs;
  const reached = new Map<string, Map<string, number>>();
  for (const { fact, atMs } of facts(steps)) {
    const order = fact.keys.find((key) => key.startsWith('order:'));
    if (!order) continue;
    const events = reached.get(order) ?? new Map<string, number>();
    reached.set(order, events);
    if (!events.has(fact.name)) events.set(fact.name, atMs);
  }
  const orderToCash = [
    'order.placed',
    'order.accepted',
    'tax_determination.made',
    'order.released',
    'shipment.posted',
    'invoice.issued',
    'payment.captured',
  ] as const;

  test('an order of a day without faults reaches every milestone, in order', () => {
    const old = [...reached].filter(
      ([, events]) => (events.get('order.placed') ?? endMs) < openedMs + 24 * hourMs,
    );
    expect(old.length).toBeGreaterThan(500);
    for (const [order, events] of old) {
      const times = orderToCash.map((name) => events.get(name));
      expect(times, order).not.toContain(undefined);
      expect(times).toEqual([...times].sort((a, b) => (a ?? 0) - (b ?? 0)));
      expect([...events.keys()]).toEqual(
        expect.arrayContaining(['journal_entry.posted', 'payment.settled', 'delivery.dispatched']),
      );
    }
  });

  test('every system ends with the same stock, but for what is on its way', () => {
    const levels = new Map<string, number>();
    for (const step of steps) {
      if (step.kind !== 'record' || step.record.entity !== 'stock_level' || step.atMs > endMs - hourMs)
        continue;
      const quantity = Number(step.record.fields['on_hand'] ?? step.record.fields['available']);
      levels.set(`${step.record.system} ${step.record.id}`, quantity);
    }
    const wms = [...levels].filter(([name]) => name.startsWith('wms '));
    const agreeing = wms.filter(([name, quantity]) => levels.get(name.replace('wms', 'erp')) === quantity);
    expect(agreeing.length).toBeGreaterThan(0.97 * wms.length);
  });

  test('the statements of a system about a stock level are numbered without a gap', () => {
    const latest = new Map<string, number>();
    const gaps: string[] = [];
    for (const { fact, sequence } of facts(steps)) {
      const level = fact.keys.find((key) => key.startsWith('stock_level:'));
      if (!level) continue;
      const name = `${fact.system} ${level}`;
      if (sequence !== (latest.get(name) ?? 0) + 1) gaps.push(`${name} ${sequence}`);
      latest.set(name, sequence);
    }
    expect(gaps).toEqual([]);
  });
});

function within(atMs: number, entry: ManifestEntry | undefined): boolean {
  return entry !== undefined && atMs >= Date.parse(entry.at) && atMs < Date.parse(entry.until ?? entry.at);
}
