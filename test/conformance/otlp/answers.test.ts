import { gzipSync } from 'node:zlib';
import { encodeMessage } from '@plumbline/collector/decode/otlp-encoder.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CollectorProcess, openStand, type Stand } from './stand.ts';

let stand: Stand;
const bodyBytesMax = 200_000;
beforeAll(async () => {
  stand = await openStand({
    clickHousePort: 22021,
    otlpPort: 22022,
    environment: {
      PLUMBLINE_OTLP_TOKENS: 'first-token,second-token',
      PLUMBLINE_OTLP_BODY_BYTES_MAX: String(bodyBytesMax),
    },
  });
});
afterAll(() => stand.close());

const bearer = { authorization: 'Bearer second-token' };
const json = { 'content-type': 'application/json', ...bearer };
const protobuf = { 'content-type': 'application/x-protobuf', ...bearer };
const nowNs = (): bigint => BigInt(Date.now()) * 1_000_000n;
const traceId = 'ABCDEF0123456789abcdef0123456789';

function span(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    traceId,
    spanId: '00000000000000AA',
    name: 'one',
    startTimeUnixNano: String(nowNs()),
    endTimeUnixNano: String(nowNs()),
    ...fields,
  };
}
const traces = (...spans: unknown[]): { resourceSpans: unknown[] } => ({
  resourceSpans: [{ scopeSpans: [{ spans }] }],
});
const nested = (depth: number): unknown =>
  depth === 0 ? { stringValue: 'core' } : { arrayValue: { values: [nested(depth - 1)] } };

/** Reads google.rpc.Status in protobuf: the code in field 1, the message in field 2. */
function readStatus(bytes: Buffer): { code: number; message: string } {
  expect(bytes[0]).toBe(0x08);
  expect(bytes[2]).toBe(0x12);
  const start = (bytes[3] as number) > 127 ? 5 : 4;
  return { code: bytes[1] as number, message: bytes.toString('utf8', start) };
}

interface BadInput {
  what: string;
  path?: string;
  headers: Record<string, string>;
  body: () => Buffer | string;
  status: number;
  code: number;
}
const wholeJson = (): string => JSON.stringify(traces(span()));
const wholeProtobuf = (): Buffer => encodeMessage('traces', traces(span()));

const badInputs: BadInput[] = [
  {
    what: 'no token',
    headers: { 'content-type': 'application/json' },
    body: wholeJson,
    status: 401,
    code: 16,
  },
  {
    what: 'a wrong token',
    headers: { ...json, authorization: 'Bearer first' },
    body: wholeJson,
    status: 401,
    code: 16,
  },
  {
    what: 'text',
    headers: { ...bearer, 'content-type': 'text/plain' },
    body: wholeJson,
    status: 415,
    code: 3,
  },
  { what: 'brotli', headers: { ...json, 'content-encoding': 'br' }, body: wholeJson, status: 415, code: 3 },
  {
    what: 'no gzip',
    headers: { ...json, 'content-encoding': 'gzip' },
    body: wholeJson,
    status: 400,
    code: 3,
  },
  { what: 'a large body', headers: json, body: () => ' '.repeat(bodyBytesMax + 1), status: 413, code: 8 },
  {
    what: 'a gzip bomb',
    headers: { ...protobuf, 'content-encoding': 'gzip' },
    body: () => gzipSync(Buffer.alloc(50_000_000)),
    status: 413,
    code: 8,
  },
  { what: 'half a JSON text', headers: json, body: () => wholeJson().slice(0, -9), status: 400, code: 3 },
  { what: 'JSON with a tail', headers: json, body: () => `${wholeJson()}x`, status: 400, code: 3 },
  { what: 'a JSON array', headers: json, body: () => '[]', status: 400, code: 3 },
  {
    what: 'spans that are no list',
    headers: json,
    body: () => '{"resourceSpans":{"a":1}}',
    status: 400,
    code: 3,
  },
  {
    what: 'a time that is no number',
    headers: json,
    body: () => JSON.stringify(traces(span({ startTimeUnixNano: 'soon' }))),
    status: 400,
    code: 3,
  },
  {
    what: 'half a protobuf message',
    headers: protobuf,
    body: () => wholeProtobuf().subarray(0, -3),
    status: 400,
    code: 3,
  },
  { what: 'JSON called protobuf', headers: protobuf, body: wholeJson, status: 400, code: 3 },
  {
    what: 'JSON nested too deep',
    headers: json,
    body: () => '{"resourceSpans":'.padEnd(5000, '['),
    status: 400,
    code: 3,
  },
  {
    what: 'values nested too deep in JSON',
    headers: json,
    body: () => JSON.stringify(traces(span({ attributes: [{ key: 'a', value: nested(70) }] }))),
    status: 400,
    code: 3,
  },
  {
    what: 'values nested too deep in protobuf',
    headers: protobuf,
    body: () => encodeMessage('traces', traces(span({ attributes: [{ key: 'a', value: nested(70) }] }))),
    status: 400,
    code: 3,
  },
];

describe('what cannot be accepted', () => {
  test.each(badInputs)('$what', async ({ path = '/v1/traces', headers, body, status, code }) => {
    const response = await stand.collector.post(path, body(), headers);
    expect(response.status).toBe(status);
    if (headers['content-type'] === 'application/x-protobuf') {
      expect(response.headers.get('content-type')).toBe('application/x-protobuf');
      const answered = readStatus(Buffer.from(await response.arrayBuffer()));
      expect(answered.code).toBe(code);
      expect(answered.message).toMatch(/\.$/u);
    } else {
      expect(response.headers.get('content-type')).toBe('application/json');
      expect(await response.json()).toEqual({ code, message: expect.stringMatching(/\.$/u) as string });
    }
  });

  test('another method, another path', async () => {
    const got = await fetch(`${stand.collector.url}/v1/traces`, { headers: bearer });
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await stand.collector.post('/v1/profiles', '{}', json)).status).toBe(404);
    expect((await fetch(`${stand.collector.url}/stats`)).status).toBe(401);
    expect((await fetch(`${stand.collector.url}/healthz`)).status).toBe(200);
  });

  test('leaves nothing behind', async () => {
    const stats = (await (await fetch(`${stand.collector.url}/stats`, { headers: bearer })).json()) as {
      traces: unknown;
    };
    expect(stats.traces).toEqual({ received: 0, stored: 0, rejected: 0, quarantined: 0, spooled: 0 });
  });
});

describe('what is accepted', () => {
  test.each([
    ['an empty protobuf request', protobuf, Buffer.alloc(0)],
    ['an empty JSON request', json, '{}'],
    ['a JSON request of nothing', json, ''],
    ['a list of no spans', json, JSON.stringify(traces())],
    ['null for lists', json, '{"resourceSpans":[{"resource":null,"scopeSpans":null}]}'],
  ] as const)('%s', async (_, headers, body) => {
    const response = await stand.collector.post('/v1/traces', body, headers);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(headers === json ? '{}' : '');
  });

  test('part of a request, with the reasons for the rest', async () => {
    const old = String(nowNs() - 31n * 86_400_000_000_000n);
    const ahead = String(nowNs() + 2n * 3_600_000_000_000n);
    const request = traces(
      span({ spanId: '00000000000000b1' }),
      span({ startTimeUnixNano: old }),
      span({ startTimeUnixNano: ahead }),
      span({ traceId: 'abcd' }),
      span({ spanId: '0'.repeat(16) }),
      span({ links: [{ traceId: 'ff', spanId: 'ff' }] }),
    );
    const response = await stand.collector.post('/v1/traces', JSON.stringify(request), json);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      partialSuccess: {
        rejectedSpans: '5',
        errorMessage: expect.stringMatching(/1 older .*1 further .*3 with a trace or span id/u) as string,
      },
    });
    const packed = await stand.collector.post('/v1/traces', encodeMessage('traces', request), protobuf);
    const bytes = Buffer.from(await packed.arrayBuffer());
    expect([bytes[0], bytes[3], bytes[4]]).toEqual([0x0a, 0x08, 5]);
  });

  test('what the JSON mapping allows: cases of ids, names of enums, numbers as text, unknown members, lone surrogates', async () => {
    const start = nowNs();
    const text = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"${traceId}","spanId":"00000000000000C1","future":{"a":[1,{}]},
      "kind":"SPAN_KIND_CLIENT","status":{"code":"STATUS_CODE_ERROR"},"startTimeUnixNano":${start},"end_time_unix_nano":"5",
      "endTimeUnixNano":"${start + 1500n}","name":"lone \\ud800","attributes":[
        {"key":"large","value":{"intValue":"9007199254740993"}},{"value":{"doubleValue":"NaN"},"key":"nan"},
        {"key":"bytes","value":{"bytesValue":"_-8="}},{"key":"none","value":{}},{"key":"null","value":null},
        {"key":"mixed","value":{"arrayValue":{"values":[{"intValue":9007199254740993},{"boolValue":false},{"stringValue":"\\"q\\""},{}]}}},
        {"key":"map","value":{"kvlistValue":{"values":[{"key":"k","value":{"doubleValue":1.5}}]}}}]}]}]}]}`;
    const response = await stand.collector.post('/v1/traces', text, {
      ...json,
      'content-type': 'application/json; charset=utf-8',
    });
    expect([response.status, await response.text()]).toEqual([200, '{}']);
    let rows: Record<string, unknown>[] = [];
    while (rows.length === 0)
      rows = await stand.select(`SELECT * FROM otel_traces WHERE SpanId = '00000000000000c1'`);
    expect(rows[0]).toMatchObject({
      TraceId: traceId.toLowerCase(),
      ServiceName: 'unknown_service',
      SpanKind: 'Client',
      StatusCode: 'Error',
      Duration: 1500,
      SpanName: 'lone \ufffd',
      SpanAttributes: {
        large: '9007199254740993',
        nan: 'NaN',
        bytes: '/+8=',
        none: '',
        null: '',
        mixed: '[9007199254740993,false,"\\"q\\"",null]',
        map: '{"k":1.5}',
      },
    });
  });

  test('a log without a time gets the time it was observed, or came in', async () => {
    const observed = nowNs() - 5_000_000_000n;
    const logRecords = [
      { body: { stringValue: 'seen' }, observedTimeUnixNano: String(observed) },
      { body: { stringValue: 'came' } },
    ];
    const before = Date.now();
    const body = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
    expect((await stand.collector.post('/v1/logs', body, json)).status).toBe(200);
    let rows: { Body: string; Ns: string }[] = [];
    while (rows.length < 2)
      rows = await stand.select(
        'SELECT Body, toString(toUnixTimestamp64Nano(Timestamp)) AS Ns FROM otel_logs ORDER BY Body',
      );
    expect(rows[1]).toEqual({ Body: 'seen', Ns: String(observed) });
    expect(Number(rows[0]?.Ns) / 1e6).toBeGreaterThanOrEqual(before - 1);
  });
});

describe('a collector that cannot take more', () => {
  test('answers 503 with Retry-After while the spool is full, and goes on once there is room', async () => {
    const collector = new CollectorProcess(22023, {
      CLICKHOUSE_URL: 'http://127.0.0.1:22049/plumbline',
      PLUMBLINE_SPOOL_DIR: `${stand.directory}/small-spool`,
      PLUMBLINE_SPOOL_BYTES_MAX: '2000',
    });
    await collector.start();
    try {
      const answers: Response[] = [];
      for (let index = 0; index < 5; index++)
        answers.push(
          await collector.post('/v1/traces', wholeProtobuf(), { 'content-type': 'application/x-protobuf' }),
        );
      expect(answers[0]?.status).toBe(200);
      expect(answers[4]?.status).toBe(503);
      expect(Number(answers[4]?.headers.get('retry-after'))).toBeGreaterThan(0);
      const { traces: counted } = await collector.stats();
      expect(counted.received).toBe(counted.spooled);
      expect((await fetch(`${collector.url}/readyz`)).status).toBe(503);
    } finally {
      expect(await collector.end('SIGTERM')).toBe(0);
    }
  });

  test('refuses to listen to other machines without tokens', async () => {
    const collector = new CollectorProcess(22024, {
      PLUMBLINE_BIND: '0.0.0.0',
      PLUMBLINE_SPOOL_DIR: `${stand.directory}/open`,
    });
    await expect(collector.start()).rejects.toThrow('ended with 1');
  });
});
