import fc from 'fast-check';

/** Test support: requests in the shape of OTLP/JSON, of everything that the decoders have to understand. */
const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((b) => Buffer.from(b).toString('hex'));
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom('', 'order:SO-1', '"\\\n\u0000'),
);
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
const uint32 = fc.nat({ max: 2 ** 32 - 1 });
const int32 = fc.integer();
const double = fc.double().map((value) => (Object.is(value, -0) ? 0 : value));
/** A number in OTLP/JSON: what JSON cannot say is a text. */
const jsonDouble = double.map((value) => (Number.isFinite(value) ? value : String(value)));
export const nowNs = 1_800_000_000_000_000_000n;
const time = fc.bigInt({ min: nowNs - 10n ** 15n, max: nowNs }).map(String);

const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.record({ stringValue: text }),
    fc.record({ boolValue: fc.boolean() }),
    fc.record({ intValue: int64 }),
    fc.record({ doubleValue: jsonDouble }),
    fc.record({ bytesValue: fc.uint8Array({ maxLength: 9 }).map((b) => Buffer.from(b).toString('base64')) }),
    fc.constant({}),
    fc.record({ arrayValue: fc.record({ values: fc.array(tie('value'), { maxLength: 3 }) }) }),
    fc.record({
      kvlistValue: fc.record({
        values: fc.array(fc.record({ key: text, value: tie('value') }), { maxLength: 3 }),
      }),
    }),
  ),
}));

const attributes = fc.array(
  fc.record(
    { key: fc.oneof(text, fc.constantFrom('a', 'service.name', 'http.method')), value: anyValue },
    { requiredKeys: ['key'] },
  ),
  { maxLength: 4 },
);
const resource = fc.record({ attributes }, { requiredKeys: [] });
const scope = fc.record(
  { name: text, version: text, attributes, droppedAttributesCount: uint32 },
  { requiredKeys: [] },
);

/** Mostly right ids, sometimes absent, of a wrong length or all zero. */
const id = (bytes: number) =>
  fc.oneof(
    { weight: 8, arbitrary: hex(bytes) },
    fc.constantFrom('', '00'.repeat(bytes), 'abcd', 'ab'.repeat(20)),
  );

const span = fc.record(
  {
    traceId: id(16),
    spanId: id(8),
    parentSpanId: id(8),
    traceState: text,
    name: text,
    kind: fc.integer({ min: 0, max: 7 }),
    startTimeUnixNano: fc.oneof({ weight: 8, arbitrary: time }, uint64),
    endTimeUnixNano: time,
    attributes,
    events: fc.array(fc.record({ timeUnixNano: uint64, name: text, attributes }, { requiredKeys: [] }), {
      maxLength: 3,
    }),
    links: fc.array(
      fc.record(
        { traceId: id(16), spanId: hex(8), traceState: text, attributes },
        { requiredKeys: ['spanId'] },
      ),
      { maxLength: 2 },
    ),
    status: fc.record({ code: fc.integer({ min: 0, max: 3 }), message: text }, { requiredKeys: [] }),
    flags: uint32,
    droppedAttributesCount: uint32,
  },
  { requiredKeys: ['traceId', 'spanId', 'startTimeUnixNano'] },
);

const logRecord = fc.record(
  {
    timeUnixNano: fc.oneof({ weight: 4, arbitrary: time }, fc.constant('0')),
    observedTimeUnixNano: fc.oneof(time, fc.constant('0')),
    severityNumber: fc.integer({ min: 0, max: 24 }),
    severityText: text,
    body: anyValue,
    attributes,
    flags: uint32,
    traceId: id(16),
    spanId: id(8),
    eventName: text,
  },
  { requiredKeys: [] },
);

const exemplars = fc.array(
  fc.record(
    {
      filteredAttributes: attributes,
      timeUnixNano: uint64,
      asDouble: jsonDouble,
      spanId: id(8),
      traceId: id(16),
    },
    { requiredKeys: [] },
  ),
  { maxLength: 2 },
);
const pointFields = { attributes, startTimeUnixNano: uint64, timeUnixNano: time, flags: uint32 };
const point = <Fields extends Record<string, fc.Arbitrary<unknown>>>(fields: Fields) =>
  fc.array(fc.record({ ...pointFields, ...fields }, { requiredKeys: ['timeUnixNano'] }), { maxLength: 3 });
const counts = fc.array(uint64, { maxLength: 4 });
const buckets = fc.record({ offset: int32, bucketCounts: counts }, { requiredKeys: [] });
const statistics = { count: uint64, sum: jsonDouble, min: jsonDouble, max: jsonDouble };
const temporality = { aggregationTemporality: fc.integer({ min: 0, max: 2 }) };
const number = fc.oneof(point({ asDouble: jsonDouble, exemplars }), point({ asInt: int64, exemplars }));

const metric = fc
  .tuple(
    fc.record({ name: text, description: text, unit: text }, { requiredKeys: ['name'] }),
    fc.oneof(
      fc.record({ gauge: fc.record({ dataPoints: number }) }),
      fc.record({ sum: fc.record({ dataPoints: number, ...temporality, isMonotonic: fc.boolean() }) }),
      fc.record({
        histogram: fc.record({
          dataPoints: point({
            ...statistics,
            bucketCounts: counts,
            explicitBounds: fc.array(jsonDouble, { maxLength: 4 }),
            exemplars,
          }),
          ...temporality,
        }),
      }),
      fc.record({
        exponentialHistogram: fc.record({
          dataPoints: point({
            ...statistics,
            scale: int32,
            zeroCount: uint64,
            positive: buckets,
            negative: buckets,
            exemplars,
          }),
          ...temporality,
        }),
      }),
      fc.record({
        summary: fc.record({
          dataPoints: point({
            count: uint64,
            sum: jsonDouble,
            quantileValues: fc.array(fc.record({ quantile: jsonDouble, value: jsonDouble }), {
              maxLength: 3,
            }),
          }),
        }),
      }),
      fc.constant({}),
    ),
  )
  .map(([head, data]) => ({ ...head, ...data }));

const envelope = (resources: string, scopes: string, items: string, item: fc.Arbitrary<unknown>) =>
  fc.record({
    [resources]: fc.array(
      fc.record(
        {
          resource,
          schemaUrl: text,
          [scopes]: fc.array(
            fc.record(
              { scope, schemaUrl: text, [items]: fc.array(item, { maxLength: 3 }) },
              { requiredKeys: [] },
            ),
            { maxLength: 2 },
          ),
        },
        { requiredKeys: [] },
      ),
      { maxLength: 2 },
    ),
  });

export const requests = {
  traces: envelope('resourceSpans', 'scopeSpans', 'spans', span),
  logs: envelope('resourceLogs', 'scopeLogs', 'logRecords', logRecord),
  metrics: envelope('resourceMetrics', 'scopeMetrics', 'metrics', metric),
};
