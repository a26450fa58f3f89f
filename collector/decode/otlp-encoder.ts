/**
 * Test support: writes a request in the shape of OTLP/JSON as protobuf. It is driven by the field tables of
 * opentelemetry-proto alone and shares nothing with the decoders.
 */
/** Field number, kind (a scalar or the name of a message), and whether it repeats. */
type Field = readonly [number: number, kind: string, shape?: 'list' | 'packed'];
type Message = Readonly<Record<string, Field>>;

const point: Message = {
  startTimeUnixNano: [2, 'fixed64'],
  timeUnixNano: [3, 'fixed64'],
};
const envelope = (scopes: string, scopesKind: string): Message => ({
  resource: [1, 'Resource'],
  [scopes]: [2, scopesKind, 'list'],
  schemaUrl: [3, 'text'],
});
const scoped = (items: string, kind: string): Message => ({
  scope: [1, 'Scope'],
  [items]: [2, kind, 'list'],
  schemaUrl: [3, 'text'],
});

const messages: Readonly<Record<string, Message>> = {
  traces: { resourceSpans: [1, 'ResourceSpans', 'list'] },
  logs: { resourceLogs: [1, 'ResourceLogs', 'list'] },
  metrics: { resourceMetrics: [1, 'ResourceMetrics', 'list'] },
  ResourceSpans: envelope('scopeSpans', 'ScopeSpans'),
  ResourceLogs: envelope('scopeLogs', 'ScopeLogs'),
  ResourceMetrics: envelope('scopeMetrics', 'ScopeMetrics'),
  ScopeSpans: scoped('spans', 'Span'),
  ScopeLogs: scoped('logRecords', 'LogRecord'),
  ScopeMetrics: scoped('metrics', 'Metric'),
  Resource: { attributes: [1, 'KeyValue', 'list'], droppedAttributesCount: [2, 'uint32'] },
  Scope: {
    name: [1, 'text'],
    version: [2, 'text'],
    attributes: [3, 'KeyValue', 'list'],
    droppedAttributesCount: [4, 'uint32'],
  },
  KeyValue: { key: [1, 'text'], value: [2, 'AnyValue'] },
  AnyValue: {
    stringValue: [1, 'text'],
    boolValue: [2, 'bool'],
    intValue: [3, 'int64'],
    doubleValue: [4, 'double'],
    arrayValue: [5, 'ArrayValue'],
    kvlistValue: [6, 'KeyValueList'],
    bytesValue: [7, 'base64'],
  },
  ArrayValue: { values: [1, 'AnyValue', 'list'] },
  KeyValueList: { values: [1, 'KeyValue', 'list'] },
  Span: {
    traceId: [1, 'hex'],
    spanId: [2, 'hex'],
    traceState: [3, 'text'],
    parentSpanId: [4, 'hex'],
    name: [5, 'text'],
    kind: [6, 'enum'],
    startTimeUnixNano: [7, 'fixed64'],
    endTimeUnixNano: [8, 'fixed64'],
    attributes: [9, 'KeyValue', 'list'],
    droppedAttributesCount: [10, 'uint32'],
    events: [11, 'Event', 'list'],
    links: [13, 'Link', 'list'],
    status: [15, 'Status'],
    flags: [16, 'fixed32'],
  },
  Event: { timeUnixNano: [1, 'fixed64'], name: [2, 'text'], attributes: [3, 'KeyValue', 'list'] },
  Link: {
    traceId: [1, 'hex'],
    spanId: [2, 'hex'],
    traceState: [3, 'text'],
    attributes: [4, 'KeyValue', 'list'],
  },
  Status: { message: [2, 'text'], code: [3, 'enum'] },
  LogRecord: {
    timeUnixNano: [1, 'fixed64'],
    severityNumber: [2, 'enum'],
    severityText: [3, 'text'],
    body: [5, 'AnyValue'],
    attributes: [6, 'KeyValue', 'list'],
    flags: [8, 'fixed32'],
    traceId: [9, 'hex'],
    spanId: [10, 'hex'],
    observedTimeUnixNano: [11, 'fixed64'],
    eventName: [12, 'text'],
  },
  Metric: {
    name: [1, 'text'],
    description: [2, 'text'],
    unit: [3, 'text'],
    gauge: [5, 'Gauge'],
    sum: [7, 'Sum'],
    histogram: [9, 'Histogram'],
    exponentialHistogram: [10, 'ExponentialHistogram'],
    summary: [11, 'Summary'],
  },
  Gauge: { dataPoints: [1, 'NumberPoint', 'list'] },
  Sum: {
    dataPoints: [1, 'NumberPoint', 'list'],
    aggregationTemporality: [2, 'enum'],
    isMonotonic: [3, 'bool'],
  },
  Histogram: { dataPoints: [1, 'HistogramPoint', 'list'], aggregationTemporality: [2, 'enum'] },
  ExponentialHistogram: { dataPoints: [1, 'ExponentialPoint', 'list'], aggregationTemporality: [2, 'enum'] },
  Summary: { dataPoints: [1, 'SummaryPoint', 'list'] },
  NumberPoint: {
    ...point,
    asDouble: [4, 'double'],
    exemplars: [5, 'Exemplar', 'list'],
    asInt: [6, 'sfixed64'],
    attributes: [7, 'KeyValue', 'list'],
    flags: [8, 'uint32'],
  },
  HistogramPoint: {
    ...point,
    count: [4, 'fixed64'],
    sum: [5, 'double'],
    bucketCounts: [6, 'fixed64', 'packed'],
    explicitBounds: [7, 'double', 'packed'],
    exemplars: [8, 'Exemplar', 'list'],
    attributes: [9, 'KeyValue', 'list'],
    flags: [10, 'uint32'],
    min: [11, 'double'],
    max: [12, 'double'],
  },
  ExponentialPoint: {
    ...point,
    attributes: [1, 'KeyValue', 'list'],
    count: [4, 'fixed64'],
    sum: [5, 'double'],
    scale: [6, 'sint32'],
    zeroCount: [7, 'fixed64'],
    positive: [8, 'Buckets'],
    negative: [9, 'Buckets'],
    flags: [10, 'uint32'],
    exemplars: [11, 'Exemplar', 'list'],
    min: [12, 'double'],
    max: [13, 'double'],
  },
  Buckets: { offset: [1, 'sint32'], bucketCounts: [2, 'int64', 'packed'] },
  SummaryPoint: {
    ...point,
    count: [4, 'fixed64'],
    sum: [5, 'double'],
    quantileValues: [6, 'Quantile', 'list'],
    attributes: [7, 'KeyValue', 'list'],
    flags: [8, 'uint32'],
  },
  Quantile: { quantile: [1, 'double'], value: [2, 'double'] },
  Exemplar: {
    timeUnixNano: [2, 'fixed64'],
    asDouble: [3, 'double'],
    spanId: [4, 'hex'],
    traceId: [5, 'hex'],
    asInt: [6, 'sfixed64'],
    filteredAttributes: [7, 'KeyValue', 'list'],
  },
};

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

const wireTypes: Record<string, number> = {
  bool: 0,
  uint32: 0,
  int64: 0,
  enum: 0,
  sint32: 0,
  fixed64: 1,
  sfixed64: 1,
  double: 1,
  fixed32: 5,
};

function scalar(kind: string, value: unknown): Buffer {
  const bytes = Buffer.alloc(8);
  if (kind === 'text') return Buffer.from(value as string, 'utf8');
  if (kind === 'hex' || kind === 'base64') return Buffer.from(value as string, kind);
  if (kind === 'bool') return varint(value === true ? 1n : 0n);
  if (kind === 'double') bytes.writeDoubleLE(Number(value));
  else if (kind === 'fixed64' || kind === 'sfixed64')
    bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value as string)));
  else if (kind === 'fixed32') {
    bytes.writeUInt32LE(value as number);
    return bytes.subarray(0, 4);
  } else if (kind === 'sint32')
    return varint(BigInt.asUintN(32, BigInt(((value as number) << 1) ^ ((value as number) >> 31))));
  else return varint(BigInt(value as string));
  return bytes;
}

function encodeField([number, kind, shape]: Field, value: unknown): Buffer[] {
  const tag = (wire: number): Buffer => varint(BigInt(number * 8 + wire));
  const sized = (bytes: Buffer): Buffer[] => [tag(2), varint(BigInt(bytes.length)), bytes];
  if (shape === 'packed') return sized(Buffer.concat((value as unknown[]).map((one) => scalar(kind, one))));
  const values = shape === 'list' ? (value as unknown[]) : [value];
  return values.flatMap((one) => {
    if (kind in messages) return sized(encodeMessage(kind, one as Record<string, unknown>));
    const wire = wireTypes[kind];
    return wire === undefined ? sized(scalar(kind, one)) : [tag(wire), scalar(kind, one)];
  });
}

/** Encodes one message; members that the table does not name are an error in the test. */
export function encodeMessage(kind: string, value: Readonly<Record<string, unknown>>): Buffer {
  const table = messages[kind] ?? {};
  const parts = Object.entries(value).flatMap(([name, member]) => {
    const field = table[name];
    if (!field) throw new Error(`${kind} has no field ${name}`);
    return member === undefined ? [] : encodeField(field, member);
  });
  return Buffer.concat(parts);
}
