import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyDerivation } from '@plumbline/model/clickhouse/derivation/apply.ts';
import { derivationCatalog, flow } from './catalog.ts';
import { insert, openStore, select, span, type SpanRow, type Store } from './store.ts';

let store: Store;
let spans = 0;

beforeAll(async () => {
  store = await openStore();
  await applyDerivation(store.clickHouse, derivationCatalog());
});
afterAll(() => store.close());

async function messageOf(row: SpanRow): Promise<Record<string, unknown> | undefined> {
  const id = `span-${(spans += 1)}`;
  await insert(store.clickHouse, 'otel_traces', [span({ ...row, SpanId: id })], id);
  const rows = await select<Record<string, unknown>>(
    store.clickHouse,
    `SELECT * FROM messages WHERE SpanId = '${id}'`,
  );
  expect(rows.length).toBeLessThanOrEqual(1);
  return rows[0];
}

describe('the flow of a span', () => {
  it.each<[string, SpanRow, string | undefined]>([
    [
      'what the span says, declared or not',
      { 'integration.flow': 'nobody-declared-me', 'messaging.destination.name': 'orders.wms' },
      'nobody-declared-me',
    ],
    ['an exact match', { 'messaging.destination.name': 'orders.wms' }, 'orders-to-wms'],
    ['the former name of an attribute', { 'messaging.destination': 'orders.wms' }, 'orders-to-wms'],
    [
      'a glob, when no earlier flow matches',
      { 'messaging.destination.name': 'orders.tms' },
      'orders-anywhere',
    ],
    ['nothing when the glob does not reach', { 'messaging.destination.name': 'xorders.tms' }, undefined],
    ['a pattern in which only the star is special', { 'x.y': "it's \\ 100%_ and more" }, 'quoted'],
    ['not what the percent sign of LIKE would reach', { 'x.y': "it's \\ 100 %_" }, undefined],
  ])('is %s', async (_, attributes, flow) => {
    const message = await messageOf({ SpanAttributes: attributes });
    expect(message?.['Flow']).toBe(flow);
  });

  it('is found by all attributes of a match together, those of the resource included', async () => {
    const attributes = { 'url.path': '/tax/v1', 'http.method': 'POST' };
    const whole = await messageOf({ SpanKind: 'Server', ServiceName: 'tax-svc', SpanAttributes: attributes });
    const other = await messageOf({ SpanKind: 'Server', ServiceName: 'erp-api', SpanAttributes: attributes });
    const resource = await messageOf({ SpanAttributes: {}, ResourceAttributes: { 'x.y': "it's \\ 100%_" } });
    expect([whole?.['Flow'], other?.['Flow'], resource?.['Flow']]).toEqual([
      'tax-calls',
      undefined,
      'quoted',
    ]);
  });
});

describe('what a span did with the message', () => {
  const flow = { 'messaging.destination.name': 'orders.wms' };
  it.each<[string, SpanRow, string | undefined]>([
    ['Producer', {}, 'send'],
    ['Client', {}, 'send'],
    ['Consumer', {}, 'process'],
    ['Server', {}, 'process'],
    ['Internal', {}, undefined],
    ['Internal', { 'integration.attempt': '1' }, 'process'],
    ['Internal', { 'messaging.operation.type': 'process' }, 'process'],
    ['Client', { 'messaging.operation.type': 'receive' }, 'receive'],
    ['Client', { 'messaging.operation': 'publish' }, 'send'],
    ['Client', { 'messaging.operation.type': 'settle' }, 'settle'],
  ])('%s with %o: %s', async (kind, attributes, operation) => {
    const message = await messageOf({ SpanKind: kind, SpanAttributes: { ...flow, ...attributes } });
    expect(message?.['Operation']).toBe(operation);
  });

  it('counts an internal span whose flow asks for internal spans', async () => {
    const message = await messageOf({ SpanKind: 'Internal', SpanName: 'import prices.csv' });
    expect(message).toMatchObject({ Flow: 'price-files', Operation: 'process' });
  });
});

describe('a failed send', () => {
  const name = { 'integration.flow': 'orders-to-wms' };
  it.each<[string, SpanRow & { SpanAttributes: Record<string, string> }, number]>([
    ['that nobody answered', { SpanKind: 'Client', SpanAttributes: { 'error.type': 'ECONNREFUSED' } }, 1],
    ['that a gateway answered', { SpanKind: 'Client', SpanAttributes: { 'http.status_code': '502' } }, 1],
    ['that the target refused', { SpanKind: 'Client', SpanAttributes: { 'http.status_code': '422' } }, 0],
    ['that the broker did not take', { SpanKind: 'Producer', SpanAttributes: { 'error.type': 'nack' } }, 1],
    ['over gRPC to nobody', { SpanKind: 'Client', SpanAttributes: { 'rpc.grpc.status_code': '14' } }, 1],
    [
      'over gRPC that was refused',
      { SpanKind: 'Client', SpanAttributes: { 'rpc.grpc.status_code': '3' } },
      0,
    ],
    ['at the other end', { SpanKind: 'Server', SpanAttributes: { 'error.type': 'TypeError' } }, 0],
  ])('%s never came to the target or did', async (_, row, unreached) => {
    const SpanAttributes = { ...row.SpanAttributes, ...name };
    const message = await messageOf({ ...row, StatusCode: 'Error', SpanAttributes });
    expect(message?.['Unreached']).toBe(unreached);
  });

  it('is none when it succeeded', async () => {
    const message = await messageOf({ SpanKind: 'Producer', SpanAttributes: name });
    expect(message?.['Unreached']).toBe(0);
  });
});

describe('attempt, outcome and cause', () => {
  const flow = { 'messaging.destination.name': 'orders.wms' };
  it.each<[SpanRow, number]>([
    [{}, 0],
    [{ 'integration.attempt': '4' }, 4],
    [{ 'messaging.redelivered': 'true' }, 2],
    [{ 'messaging.header.x-death': '[{"count":2,"queue":"a"},{"count":1,"queue":"b"}]' }, 4],
    [{ 'messaging.servicebus.message.delivery_count': '3' }, 3],
    [{ 'http.request.resend_count': '1' }, 2],
    [{ 'integration.attempt': 'many' }, 0],
  ])('reads the attempt of %o as %i', async (attributes, attempt) => {
    const message = await messageOf({ SpanAttributes: { ...flow, ...attributes } });
    expect(message?.['Attempt']).toBe(attempt);
  });

  it.each<[SpanRow, string]>([
    [{}, 'delivered'],
    [{ StatusCode: 'Error' }, 'failed'],
    [{ SpanAttributes: { 'error.type': 'timeout' } }, 'failed'],
    [{ SpanAttributes: { 'http.response.status_code': '422' } }, 'failed'],
    [{ SpanAttributes: { 'integration.outcome': 'dead_lettered' }, StatusCode: 'Error' }, 'dead_lettered'],
    [{ SpanAttributes: { 'integration.outcome': 'no such outcome' } }, 'delivered'],
    [
      { SpanAttributes: { 'messaging.operation.type': 'settle', 'messaging.operation.name': 'nack' } },
      'retried',
    ],
    [
      { SpanAttributes: { 'messaging.operation.type': 'settle', 'messaging.operation.name': 'reject' } },
      'dead_lettered',
    ],
  ])('reads the outcome of %o as %s', async (row, outcome) => {
    const attributes = { ...flow, ...(row['SpanAttributes'] as object | undefined) };
    const message = await messageOf({ ...row, SpanAttributes: attributes });
    expect(message?.['Outcome']).toBe(outcome);
  });

  it('groups messages that differ in numbers, ids and quoted text under one cause', async () => {
    const failed = (text: string) =>
      messageOf({ SpanAttributes: flow, StatusCode: 'Error', StatusMessage: text });
    const one = await failed('Cannot post "SO-1": timeout after 30.5 s for 9f3a-22 on db7');
    const two = await failed('Cannot post "SO-222": timeout after 4 s for 11aa-90 on db12');
    expect(one?.['Cause']).toBe('Cannot post <text>: timeout after <number> s for <id> on <id>');
    expect(two?.['Cause']).toBe(one?.['Cause']);
  });

  it('takes type and message of an exception event when the span has none of its own', async () => {
    const message = await messageOf({
      SpanAttributes: flow,
      StatusCode: 'Error',
      'Events.Timestamp': ['2026-11-01 10:00:00.001'],
      'Events.Name': ['exception'],
      'Events.Attributes': [{ 'exception.type': 'TimeoutException', 'exception.message': 'no answer' }],
    });
    expect(message).toMatchObject({
      ErrorType: 'TimeoutException',
      ErrorMessage: 'no answer',
      Cause: 'TimeoutException: no answer',
    });
  });

  it.each([['2026-11-01T09:59:59Z'], [String(Date.UTC(2026, 10, 1, 9, 59, 59))]])(
    'measures the delay from %s to the end of processing',
    async (sentAt) => {
      const message = await messageOf({ SpanAttributes: { ...flow, 'integration.sent_at': sentAt } });
      expect(message?.['DelayNs']).toBe(1_005_000_000);
    },
  );

  it('has no delay without a time of sending, and none below zero', async () => {
    const silent = await messageOf({ SpanAttributes: { ...flow, 'integration.sent_at': 'yesterday' } });
    const ahead = await messageOf({
      SpanAttributes: { ...flow, 'integration.sent_at': '2026-11-01T11:00:00Z' },
    });
    expect([silent?.['DelayNs'], ahead?.['DelayNs']]).toEqual([null, 0]);
  });
});

describe('a batch', () => {
  const attributes = { 'messaging.destination.name': 'orders.wms', 'messaging.batch.message_count': '3' };
  const rowsOf = (id: string) =>
    select<Record<string, unknown>>(
      store.clickHouse,
      `SELECT MessageId, Keys, BodyBytes FROM messages WHERE SpanId = '${id}' ORDER BY MessageId`,
    );

  it('counts each of its messages, with the id and keys that stand on its link', async () => {
    const links = ['1', '2', '3'];
    const row = span({
      SpanId: 'batch-1',
      SpanAttributes: { ...attributes, 'messaging.message.body.size': '300', 'business.key': 'customer:C-1' },
      'Links.TraceId': links,
      'Links.SpanId': links,
      'Links.TraceState': links,
      'Links.Attributes': links.map((each) => ({ 'messaging.message.id': `m${each}`, 'app.order_id': each })),
    });
    await insert(store.clickHouse, 'otel_traces', [row], 'batch-1');
    expect(await rowsOf('batch-1')).toEqual(
      links.map((each) => ({ MessageId: `m${each}`, Keys: [`order:${each}`], BodyBytes: 100 })),
    );
  });

  it('is counted where it is sent and not where its messages are made', async () => {
    const made = ['1', '2', '3'].map((each) =>
      span({
        SpanId: `made-${each}`,
        SpanKind: 'Producer',
        SpanAttributes: { 'messaging.destination.name': 'orders.wms', 'messaging.operation.type': 'create' },
      }),
    );
    const sent = span({
      SpanId: 'sent',
      SpanKind: 'Client',
      SpanAttributes: { ...attributes, 'messaging.operation.type': 'send' },
    });
    await insert(store.clickHouse, 'otel_traces', [...made, sent], 'batch-2');
    expect(await rowsOf('sent')).toHaveLength(3);
    expect(await rowsOf('made-1')).toHaveLength(0);
  });
});

describe('the rollups', () => {
  it('add up to the messages they are made of', async () => {
    const [sums] = await select<Record<string, number>>(
      store.clickHouse,
      `SELECT (SELECT count() FROM messages) = (SELECT sum(Total) FROM flow_minute) AS total,
              (SELECT countIf(Outcome IN ('failed', 'retried', 'dead_lettered')) FROM messages) = (SELECT sum(Failed) FROM flow_minute) AS failed,
              (SELECT countIf(Attempt > 1) FROM messages) = (SELECT sum(Retried) FROM flow_minute) AS retried,
              (SELECT sum(Count) FROM cause_hour) = (SELECT sum(Failed) FROM flow_minute) AS causes,
              (SELECT (sum(Total), sum(Failed), quantilesDDMerge(0.01, 0.5, 0.95, 0.99)(DurationMs)) FROM flow_hour) =
                (SELECT (sum(Total), sum(Failed), quantilesDDMerge(0.01, 0.5, 0.95, 0.99)(DurationMs)) FROM flow_minute) AS hours,
              (SELECT sum(Spans) FROM trace_index) = (SELECT count() FROM otel_traces) AS traces,
              (SELECT sum(Spans) FROM service_seen) = (SELECT count() FROM otel_traces) AS services,
              (SELECT sum(Total) FROM flow_minute) > 30 AS enough`,
    );
    expect(sums).toEqual({
      total: 1,
      failed: 1,
      retried: 1,
      causes: 1,
      hours: 1,
      traces: 1,
      services: 1,
      enough: 1,
    });
  });
});

describe('the size of a catalog', () => {
  it('may be nothing or all that its schema allows', async () => {
    const base = derivationCatalog('empty');
    const empty = { ...base, systems: [], entities: [], flows: [], processes: [] };
    await applyDerivation(store.clickHouse, empty);
    expect(
      await messageOf({ SpanAttributes: { 'messaging.destination.name': 'orders.wms' } }),
    ).toBeUndefined();
    const flows = Array.from({ length: 2000 }, (_, index) =>
      flow(`flow-number-${index}`, [
        index % 2 === 0
          ? { 'messaging.destination.name': `queue.${index}`, 'service.name': ['wms', 'erp'] }
          : { 'messaging.destination.name': `queue.${index}.*` },
      ]),
    );
    await applyDerivation(store.clickHouse, { ...base, hash: 'large', flows });
    const exact = await messageOf({ SpanAttributes: { 'messaging.destination.name': 'queue.1998' } });
    const glob = await messageOf({ SpanAttributes: { 'messaging.destination.name': 'queue.1999.retry' } });
    expect([exact?.['Flow'], glob?.['Flow']]).toEqual(['flow-number-1998', 'flow-number-1999']);
  });
});
