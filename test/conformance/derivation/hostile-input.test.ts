import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quote } from '@plumbline/model/clickhouse/derivation/sql-text.ts';
import { applyDerivation } from '@plumbline/model/clickhouse/derivation/apply.ts';
import { attribute } from '@plumbline/model/telemetry/attributes.ts';
import { derivationCatalog, flow } from './catalog.ts';
import { insert, log, openStore, select, span, type SpanRow, type Store } from './store.ts';

let store: Store;

beforeAll(async () => {
  store = await openStore();
  await applyDerivation(store.clickHouse, derivationCatalog());
});
afterAll(() => store.close());

const names = [
  ...Object.values(attribute),
  'messaging.batch.message_count',
  'messaging.header.x-death',
  'messaging.message.body.size',
  'http.request.resend_count',
  'http.response.status_code',
  'wms.sales_order_no',
  'order.amount',
  'event.name',
];
const value = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    '[',
    '["',
    '[[["order:1"]]]',
    '{"a":[1]}',
    'order:\u0000',
    '-1',
    '1e400',
    'NaN',
    '99999999999999999999',
  ),
  fc.constantFrom(
    '9999-12-31T23:59:59Z',
    '0000-00-00',
    '1',
    '-5',
    '12345678901234',
    'order:1',
    '["order:1",2,null]',
  ),
);
const attributes = fc.dictionary(fc.constantFrom(...names), value);
const time = fc.constantFrom(
  '1970-01-01 00:00:00',
  '1925-01-01 00:00:00',
  '2262-04-11 00:00:00',
  '2106-02-07 06:28:16',
  '2026-11-01 10:00:00.123456789',
);
const row = fc.record({
  Timestamp: time,
  TraceId: fc.string({ unit: 'binary', maxLength: 32 }),
  SpanName: fc.string({ unit: 'binary', maxLength: 20 }),
  SpanKind: fc.constantFrom('Server', 'Internal', 'Nonsense', ''),
  Duration: fc.constantFrom('0', '18446744073709551615', '9223372036854775807'),
  StatusCode: fc.constantFrom('Error', 'Unset'),
  StatusMessage: fc.string({ unit: 'binary', maxLength: 200 }),
  SpanAttributes: attributes.map((each) => ({ 'integration.flow': 'hostile', ...each })),
  'Events.Timestamp': time.map((each) => [each]),
  'Events.Name': fc.constantFrom('order.placed', 'exception', '').map((each) => [each]),
  'Events.Attributes': attributes.map((each) => [each]),
  'Links.TraceId': fc.constant(['a']),
  'Links.SpanId': fc.constant(['b']),
  'Links.TraceState': fc.constant(['']),
  'Links.Attributes': attributes.map((each) => [each]),
});

describe('whatever a sender writes', () => {
  it('is stored: no view may refuse it, or its segment would be retried for ever', async () => {
    const rows = fc.sample(row, { numRuns: 1500, seed: 7 });
    await insert(
      store.clickHouse,
      'otel_traces',
      rows.map((each) => span(each)),
      'hostile spans',
    );
    const logs = rows.map((each): SpanRow => ({
      Timestamp: each.Timestamp,
      TraceId: each.TraceId,
      LogAttributes: each.SpanAttributes,
      EventName: each['Events.Name'][0] === 'exception' ? 'record.snapshot' : 'order.placed',
    }));
    await insert(store.clickHouse, 'otel_logs', logs.map(log), 'hostile logs');
    const [found] = await select<Record<string, number>>(
      store.clickHouse,
      `SELECT (SELECT count() FROM otel_traces) AS spans, (SELECT count() FROM otel_logs) AS logs,
              (SELECT count() FROM messages) > 500 AS messages, (SELECT count() FROM business_events) > 100 AS events,
              (SELECT max(length(Keys)) FROM messages) <= 50 AS bounded`,
    );
    expect(found).toEqual({ spans: 1500, logs: 1500, messages: 1, events: 1, bounded: 1 });
  });
});

describe('whatever a catalog writes', () => {
  it('is the same text to the engine', async () => {
    const texts = fc.sample(fc.string({ unit: 'binary', maxLength: 60 }), { numRuns: 300, seed: 11 });
    const sql = `SELECT arrayMap(t -> hex(t), [${texts.map(quote).join(', ')}]) AS hexes`;
    const [found] = await select<{ hexes: string[] }>(store.clickHouse, sql);
    expect(found?.hexes).toEqual(
      texts.map((text) => Buffer.from(text, 'utf8').toString('hex').toUpperCase()),
    );
  });

  it('matches as its globs say, character for character', async () => {
    const part = fc.constantFrom('a', '%', '_', '\\', "'", '.', 'é', '\n', '{x:String}', '?');
    const glob = fc
      .array(fc.oneof(part, fc.constant('*')), { minLength: 1, maxLength: 5 })
      .map((parts) => parts.join(''));
    const text = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''));
    const globs = [...new Set(fc.sample(glob, { numRuns: 60, seed: 3 }))];
    const texts = fc.sample(text, { numRuns: 200, seed: 5 });
    const catalog = {
      ...derivationCatalog(),
      flows: globs.map((each, index) => flow(`f${index}`, [{ 'messaging.destination.name': each }])),
    };
    await applyDerivation(store.clickHouse, catalog);
    const rows = texts.map((each, index) =>
      span({ SpanId: `glob-${index}`, SpanAttributes: { 'messaging.destination.name': each } }),
    );
    await insert(store.clickHouse, 'otel_traces', rows, 'globs');
    const found = await select<{ SpanId: string; Flow: string }>(
      store.clickHouse,
      `SELECT SpanId, Flow FROM messages WHERE SpanId LIKE 'glob-%' LIMIT 1000`,
    );
    const flows = new Map(found.map((each) => [each.SpanId, each.Flow]));
    const expected = texts.map((each) => globs.findIndex((candidate) => globMatches(candidate, each)));
    expect(texts.map((_, index) => flows.get(`glob-${index}`))).toEqual(
      expected.map((index) => (index < 0 ? undefined : `f${index}`)),
    );
    expect(expected.filter((index) => index >= 0).length).toBeGreaterThan(20);
  });
});

function globMatches(glob: string, text: string): boolean {
  const pattern = glob
    .split('*')
    .map((part) => part.replace(/[.?\\{}]/g, '\\$&'))
    .join('[^]*');
  return new RegExp(`^${pattern}$`, 'u').test(text);
}
