import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { expect, test } from 'vitest';
import { createFaultPlan, faultKinds } from '../business/faults.ts';
import type { ManifestEntry } from '../business/manifest.ts';
import { advance, createBusiness } from '../business/simulate.ts';
import { createEmitter } from './emitter.ts';

const spans: ReadableSpan[] = [];
const logs: ReadableLogRecord[] = [];
const manifest: ManifestEntry[] = [];
const fromMs = Date.UTC(2026, 9, 20, 12);
const emit = createEmitter({ span: (span) => spans.push(span), log: (log) => logs.push(log) });
const business = createBusiness({
  seed: 4,
  ratePerMinute: 2,
  faults: createFaultPlan(4, new Set(faultKinds)),
  fromMs,
  emit,
  note: (entry) => manifest.push(entry),
});
advance(business, fromMs + 12 * 3_600_000);

const byId = new Map(spans.map((span) => [idOf(span.spanContext()), span]));

function idOf(context: { traceId: string; spanId: string }): string {
  return `${context.traceId} ${context.spanId}`;
}

test('no two spans have one id', () => {
  expect(byId.size).toBe(spans.length);
  expect(spans.length).toBeGreaterThan(5000);
});

test('every link and every parent leads to a span that was sent', () => {
  const lost = spans.filter((span) => {
    const parent = span.parentSpanContext;
    return (parent && !byId.has(idOf(parent))) || span.links.some((link) => !byId.has(idOf(link.context)));
  });
  // A cause whose processing ends just after the run is not there yet.
  expect(lost.length).toBeLessThan(10);
});

test('consumers of queues are linked to their producers or nested in them, and both shapes occur', () => {
  const consumers = spans.filter((span) => span.attributes['messaging.operation.type'] === 'process');
  const linked = consumers.filter((span) => span.links.length === 1);
  const nested = consumers.filter((span) => span.parentSpanContext);
  expect(linked.length + nested.length).toBe(consumers.length);
  expect(Math.min(linked.length, nested.length)).toBeGreaterThan(0);
});

test('failed spans are those of the manifest', () => {
  const failed = spans.filter((span) => span.attributes['error.type'] !== undefined);
  const wanted = manifest.reduce((sum, entry) => sum + (entry.operations?.length ?? 0), 0);
  expect(failed.length).toBe(wanted);
  expect(failed.every((span) => span.events.some((event) => event.name === 'exception'))).toBe(true);
});

test('the tax engine and the marketplace connector say nothing but the standard', () => {
  const stock = spans.filter(({ resource, name }) => {
    const service = resource.attributes['service.name'];
    return service === 'tax-engine' || (service === 'marketplace-connector' && !name.startsWith('PUT'));
  });
  const names = new Set(stock.flatMap((span) => Object.keys(span.attributes)));
  expect([...names].filter((name) => !/^(http|url|server|error)\./.test(name))).toEqual([]);
  expect(stock.length).toBeGreaterThan(100);
});

test('events carry their name, keys, system, sequence and time', () => {
  const placed = logs.filter((log) => log.eventName === 'order.placed');
  expect(placed.length).toBeGreaterThan(50);
  for (const { attributes, resource } of placed) {
    expect(attributes['business.key']).toEqual(
      expect.arrayContaining([expect.stringMatching(/^order:SO-\d{8}$/)]),
    );
    expect(['shop', 'marketplace', 'edi']).toContain(attributes['business.system']);
    expect(attributes['order.total']).toMatch(/^\d+\.\d\d$/);
    expect(resource.attributes['service.name']).toBeDefined();
  }
});
