import { randomBytes } from 'node:crypto';

export interface Processing {
  readonly flow: string;
  readonly messageId: string;
  readonly outcome: string;
  readonly body: Buffer;
}

/** Tells a collector, in OTLP/JSON as any SDK would, that the ERP has processed a message and how it went. */
export async function tellOfProcessing(otlpUrl: string, processing: Processing): Promise<void> {
  const { flow, messageId, outcome, body } = processing;
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  const failed = outcome === 'failed' || outcome === 'dead_lettered';
  const key = keyOf(body);
  const attributes = [
    text('integration.flow', flow),
    text('integration.outcome', outcome),
    text('messaging.system', 'http'),
    text('messaging.operation.type', 'process'),
    text('messaging.message.id', messageId),
    ...(failed ? [text('error.type', 'TimeoutError')] : []),
    ...(key === undefined ? [] : [{ key: 'business.key', value: { arrayValue: { values: [value(key)] } } }]),
  ];
  const span = {
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    name: `process ${flow}`,
    kind: 5,
    startTimeUnixNano: String(nowNs),
    endTimeUnixNano: String(nowNs + 1_000_000n),
    attributes,
    status: failed ? { code: 2, message: 'no answer' } : {},
  };
  const scope = { scope: { name: 'erp' }, spans: [span] };
  await fetch(`${otlpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      resourceSpans: [{ resource: { attributes: [text('service.name', 'erp')] }, scopeSpans: [scope] }],
    }),
  });
}

function text(key: string, stringValue: string) {
  return { key, value: value(stringValue) };
}

function value(stringValue: string) {
  return { stringValue };
}

/** The business key of an order document; undefined when the body is none. */
function keyOf(body: Buffer): string | undefined {
  try {
    const { order } = JSON.parse(body.toString('utf8')) as { order?: unknown };
    return typeof order === 'string' ? `order:${order}` : undefined;
  } catch {
    return undefined;
  }
}
