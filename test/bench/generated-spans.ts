import { hops, regions, spansPerTrace } from './generated-business.ts';

/**
 * SQL that makes spans `{first}` to `{first} + {count}` of the generated business inside the engine. Eight spans are a
 * trace: a request, its handler, a statement, the send, then the process, its handler and two statements. Six traces
 * are an order, which begins at `{fromNs}` plus its number times `{orderSpacingNs}`.
 */
export const spansSql = `
INSERT INTO otel_traces (Timestamp, TraceId, SpanId, ParentSpanId, TraceState, SpanName, SpanKind, ServiceName,
    ResourceAttributes, ScopeName, ScopeVersion, SpanAttributes, Duration, StatusCode, StatusMessage,
    Events.Timestamp, Events.Name, Events.Attributes, Links.TraceId, Links.SpanId, Links.TraceState, Links.Attributes, IngestTime)
WITH
    ${placeOfTrace(`intDiv(number, ${spansPerTrace})`)},
    number % ${spansPerTrace} AS role,
    role >= 4 AS received,
    if(received, target, source) AS system,
    sipHash64(number, 7) AS chance,
    received AND chance % 100 < 3 AS failing,
    fromUnixTimestamp64Nano(toInt64(traceNs + [0, 1, 2, 4, 30, 31, 33, 36][role + 1] * 1000000 + received * (trace_chance % 2000) * 1000000), 'UTC') AS at,
    lower(hex(sipHash64(number, 1))) AS span,
    lower(hex(sipHash64(number - role, 1))) AS root,
    lower(hex(sipHash64(number - role + 3, 1))) AS sender
SELECT
    at, traceId, span, multiIf(role = 0, '', role = 4, sender, role < 4, root, lower(hex(sipHash64(number - role + 4, 1)))), '',
    [concat('POST /', entity, 's'), 'validate', concat('SELECT ', entity, 's'), concat('send ', flow), concat('process ', flow), 'apply', concat('SELECT ', entity, 's'), concat('UPDATE ', entity, 's')][role + 1],
    ['Server', 'Internal', 'Client', 'Producer', 'Consumer', 'Internal', 'Client', 'Client'][role + 1],
    concat(system, '-service'),
    map('service.name', concat(system, '-service'), 'service.version', '4.2.1', 'service.instance.id', concat(system, '-', toString(chance % 4)), 'deployment.environment.name', 'production', 'telemetry.sdk.language', 'java'),
    'io.opentelemetry.rabbitmq-2.7', '2.14.0-alpha',
    multiIf(
        role IN (3, 4), map('messaging.system', 'rabbitmq', 'messaging.destination.name', flow, 'messaging.operation.type', if(received, 'process', 'send'), 'messaging.operation.name', if(received, 'deliver', 'publish'),
            'messaging.message.id', lower(hex(sipHash64(traceId))), 'messaging.message.body.size', toString(400 + chance % 4000), 'network.protocol.name', 'amqp', 'business.key', keys, 'integration.sent_at', toString(intDiv(traceNs, 1000000) + 4), 'thread.name', concat('worker-', toString(chance % 16))),
        role = 0, map('http.request.method', 'POST', 'http.route', concat('/', entity, 's'), 'url.path', concat('/', entity, 's'), 'url.scheme', 'https', 'http.response.status_code', '202', 'server.address', concat(system, '.example.test'), 'server.port', '443', 'network.protocol.version', '1.1', 'user_agent.original', 'Java-http-client/21', 'app.order_no', orderNo),
        role IN (1, 5), map('code.function.name', 'handle', 'thread.name', concat('worker-', toString(chance % 16)), 'thread.id', toString(chance % 64)),
        map('db.system.name', 'postgresql', 'db.namespace', system, 'db.operation.name', if(role = 7, 'UPDATE', 'SELECT'), 'db.collection.name', concat(entity, 's'), 'db.query.text', concat('SELECT * FROM ', entity, 's WHERE no = $1 AND region = $2'), 'server.address', 'db-1.example.test', 'server.port', '5432', 'thread.name', concat('worker-', toString(chance % 16)), 'db.response.returned_rows', toString(chance % 7), 'peer.service', 'postgres')),
    [34, 8, 2, 3, 40, 12, 2, 4][role + 1] * 1000000 + chance % 9000000,
    if(failing AND role IN (4, 7), 'Error', 'Unset'),
    if(failing AND role IN (4, 7), concat(['Timeout after ', 'Unknown customer ', 'Duplicate document ', 'Lock wait exceeded on row '][chance % 4 + 1], toString(chance % 100000)), ''),
    if(failing AND role = 4, [at], CAST([], 'Array(DateTime64(9))')), if(failing AND role = 4, ['exception'], emptyArrayString()),
    if(failing AND role = 4, [map('exception.type', ['TimeoutException', 'NotFoundException', 'ConflictException', 'LockException'][chance % 4 + 1], 'exception.message', 'see status')], CAST([], 'Array(Map(LowCardinality(String), String))')),
    if(role = 4, [traceId], emptyArrayString()), if(role = 4, [sender], emptyArrayString()), if(role = 4, [''], emptyArrayString()),
    if(role = 4, [CAST(map(), 'Map(LowCardinality(String), String)')], CAST([], 'Array(Map(LowCardinality(String), String))')),
    (at + toIntervalSecond(1))::DateTime64(3)
FROM numbers({first:UInt64}, {count:UInt64})
`;

/** SQL that makes the logs of traces `{first}` to `{first} + {count}`: one business event each, and a line of text for every fourth. */
export const logsSql = `
INSERT INTO otel_logs (Timestamp, TraceId, SpanId, TraceFlags, SeverityText, SeverityNumber, ServiceName, Body, ResourceAttributes, ScopeName, LogAttributes, EventName, IngestTime)
WITH
    ${placeOfTrace('number')},
    fromUnixTimestamp64Nano(toInt64(traceNs + 5000000 + plain * 1000000), 'UTC') AS at
SELECT
    at, traceId, lower(hex(sipHash64(number * ${spansPerTrace}, 1))), 1, 'INFO', 9, concat(source, '-service'),
    if(plain = 1, concat('handed over ', entity, ' of ', orderNo, ' in ', toString(trace_chance % 90), ' ms'), ''),
    map('service.name', concat(source, '-service'), 'deployment.environment.name', 'production'), 'app',
    if(plain = 1, map('thread.name', 'worker-1', 'logger', 'handover'),
        map('business.key', keys, 'business.system', source, 'business.sequence', toString(hop + 1), 'order.amount', toString(10 + trace_chance % 90000 / 100), 'order.currency', if(region = 'na', 'USD', 'EUR'))),
    if(plain = 1, '', event),
    (at + toIntervalSecond(1))::DateTime64(3)
FROM numbers({first:UInt64}, {count:UInt64})
ARRAY JOIN if(number % 4 = 0, [0, 1], [0]) AS plain
`;

/** Aliases of a trace: its order, hop, region and names. One order in ten thousand is of the customer C-1. */
function placeOfTrace(trace: string): string {
  const column = (values: readonly string[]) => `[${values.map((value) => `'${value}'`).join(', ')}]`;
  return `${trace} AS trace,
    intDiv(trace, ${hops.length}) AS orderNumber,
    trace % ${hops.length} AS hop,
    ${column(regions)}[orderNumber % ${regions.length} + 1] AS region,
    ${column(hops.map((hop) => hop.from))}[hop + 1] AS source,
    ${column(hops.map((hop) => hop.to))}[hop + 1] AS target,
    ${column(hops.map((hop) => hop.entity))}[hop + 1] AS entity,
    ${column(hops.map((hop) => hop.event))}[hop + 1] AS event,
    concat(entity, 's-', source, '-to-', target, '-', region) AS flow,
    concat('SO-', toString(1000000 + orderNumber)) AS orderNo,
    concat('["order:', orderNo, if(entity = 'order', concat('","customer:C-', toString(orderNumber % 10000)), concat('","', entity, ':', upper(substring(entity, 1, 2)), '-', toString(1000000 + orderNumber))), '"]') AS keys,
    sipHash64(trace, 3) AS trace_chance,
    lower(hex(sipHash128(trace))) AS traceId,
    {fromNs:UInt64} + orderNumber * {orderSpacingNs:UInt64} + hop * 1500000000000 + trace_chance % 600000000000 AS traceNs`;
}
