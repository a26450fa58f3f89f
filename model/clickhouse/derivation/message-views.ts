import type { Catalog } from '../../catalog/schema.ts';
import { attribute } from '../../telemetry/attributes.ts';
import { internalFlows } from './flow-match.ts';
import { keysOf } from './key-expressions.ts';
import { spanAttribute } from './span-attributes.ts';
import { firstFilled, quote, quoteAll } from './sql-text.ts';
import { instantOf } from './time-expressions.ts';
import type { View } from './view.ts';

/** A batch span stands for at most this many messages. */
const batchMessagesMax = 1000;

const failures = ['failed', 'retried', 'dead_lettered'].map(quote).join(', ');
const outcomes = ['delivered', 'failed', 'retried', 'dead_lettered', 'discarded'];

/** Messages, and the two rollups that are made of them. */
export function messageViews(catalog: Catalog): View[] {
  return [messages(catalog), flowMinute, flowHour, causeHour];
}

function messages(catalog: Catalog): View {
  const sentAt = instantOf(`SpanAttributes[${quote(attribute.sentAt)}]`);
  return {
    name: 'messages_from_span_facts',
    source: 'span_facts',
    target: 'messages',
    query: `SELECT
    Flow, Timestamp::DateTime64(6) AS Time, Operation, if(LinkMessageId != '', LinkMessageId, SpanMessageId) AS MessageId, Attempt, Outcome, Duration AS DurationNs,
    if(Operation = 'send' OR isNull(SentAt), NULL, toUInt64(greatest(0, toUnixTimestamp64Nano(Timestamp) + toInt64(Duration) - toUnixTimestamp64Micro(assumeNotNull(SentAt)) * 1000))) AS DelayNs,
    ErrorType, ErrorMessage,
    if(Outcome = 'delivered', '', ${causeOf('ErrorType', 'ErrorMessage')}) AS Cause,
    TraceId, SpanId, ServiceName AS Service, SpanKind, Destination,
    toUInt32(intDiv(SpanBytes, Messages)) AS BodyBytes,
    if(empty(LinkKeys), facts.Keys, LinkKeys) AS Keys, IngestTime,
    toUInt8(Operation = 'send' AND Outcome IN (${failures}) AND ${neverReached()}) AS Unreached
FROM
(
    SELECT
        *,
        ${operation(catalog)} AS Operation,
        ${spanAttribute('messaging.operation.name')} AS OperationName,
        ${firstFilled([spanAttribute('messaging.message.id'), "SpanAttributes['cloudevents.event_id']"])} AS SpanMessageId,
        ${attempt()} AS Attempt,
        toUInt16OrZero(${spanAttribute('http.response.status_code')}) AS HttpStatus,
        ${firstFilled([spanAttribute('error.type'), exceptionAttribute('exception.type'), "if(HttpStatus >= 400, toString(HttpStatus), '')"])} AS SpanErrorType,
        ${outcome()} AS Outcome,
        if(Outcome = 'delivered', '', SpanErrorType) AS ErrorType,
        if(Outcome = 'delivered', '', ${firstFilled(['StatusMessage', exceptionAttribute('exception.message')])}) AS ErrorMessage,
        ${sentAt} AS SentAt,
        ${destination()} AS Destination,
        toUInt32OrZero(${firstFilled([spanAttribute('messaging.message.body.size'), "SpanAttributes['http.request.body.size']"])}) AS SpanBytes,
        ${batchSize()} AS Messages,
        arrayJoin(if(Messages = 1, [0], range(1, Messages + 1))) AS Position,
        LinkAttributes[Position] AS Link,
        Link['messaging.message.id'] AS LinkMessageId,
        ${keysOf(catalog, ['Link'], [])} AS LinkKeys
    FROM span_facts
    WHERE Flow != ''
) AS facts
WHERE Operation NOT IN ('', 'create')`,
  };
}

/**
 * Whether a failed send never came to the target, so that the sender alone tells of it: a broker that did not take it,
 * a request that nobody answered, or that a gateway answered in the target's place.
 */
function neverReached(): string {
  const grpcStatus = "SpanAttributes['rpc.grpc.status_code']";
  return `multiIf(SpanKind = 'Producer' OR ${spanAttribute('messaging.system')} != '', true, ${grpcStatus} != '', ${grpcStatus} = '14', HttpStatus IN (0, 502, 504))`;
}

/** How many messages the span stands for: one, unless it says that it is about a batch. */
function batchSize(): string {
  const count = "toUInt32OrZero(SpanAttributes['messaging.batch.message_count'])";
  return `toUInt32(greatest(1, least(${batchMessagesMax}, ${count})))`;
}

/**
 * What the span did with the message. An internal span counts only when it says so itself, or when its flow's
 * match asks for internal spans: else a handler's inner steps would each count as a message. Making a message is not yet sending it: the send span
 * of the batch counts those that were made.
 */
function operation(catalog: Catalog): string {
  const type = `transform(lower(${spanAttribute('messaging.operation.type')}), ['send', 'publish', 'receive', 'process', 'deliver', 'settle', 'create'], ['send', 'send', 'receive', 'process', 'process', 'settle', 'create'], '')`;
  const kind = `transform(SpanKind, ['Producer', 'Client', 'Consumer', 'Server'], ['send', 'send', 'process', 'process'], '')`;
  const says = `SpanAttributes[${quote(attribute.attempt)}] != '' OR SpanAttributes[${quote(attribute.outcome)}] != ''`;
  const internal = `if(${says} OR has(${quoteAll(internalFlows(catalog.flows))}, Flow), 'process', '')`;
  return firstFilled([type, kind, internal]);
}

/** The number of the attempt, 1-based; 0 when nothing on the span tells. */
function attempt(): string {
  const count = (name: string) => `toUInt16OrZero(SpanAttributes[${quote(name)}])`;
  const deaths = firstFilled(
    ['messaging.header.x-death', 'messaging.header.x_death', 'messaging.rabbitmq.x-death'].map(
      (name) => `SpanAttributes[${quote(name)}]`,
    ),
  );
  const redelivered = firstFilled(
    ['messaging.redelivered', 'messaging.rabbitmq.redelivered', 'messaging.message.redelivered'].map(
      (name) => `SpanAttributes[${quote(name)}]`,
    ),
  );
  const resent = spanAttribute('http.request.resend_count');
  // Each queue that a message died in lists its own count, so the deaths add up.
  const deathCount = `arraySum(arrayMap(c -> toUInt16OrZero(c), extractAll(${deaths}, 'count\\\\W{1,4}([0-9]{1,4})')))`;
  return `toUInt16(multiIf(
            ${count(attribute.attempt)} > 0, ${count(attribute.attempt)},
            ${count('messaging.servicebus.message.delivery_count')} > 0, ${count('messaging.servicebus.message.delivery_count')},
            ${resent} != '', toUInt16OrZero(${resent}) + 1,
            ${deaths} != '', ${deathCount} + 1,
            ${redelivered} = 'true', 2,
            0))`;
}

function outcome(): string {
  const said = `SpanAttributes[${quote(attribute.outcome)}]`;
  const disposition = firstFilled([
    "SpanAttributes['messaging.servicebus.disposition_status']",
    'OperationName',
  ]);
  return `multiIf(
            ${said} IN (${outcomes.map(quote).join(', ')}), ${said},
            Operation = 'settle' AND lower(${disposition}) IN ('dead_letter', 'deadletter', 'dead-letter', 'reject'), 'dead_lettered',
            Operation = 'settle' AND lower(${disposition}) IN ('nack', 'abandon', 'defer', 'requeue', 'release'), 'retried',
            StatusCode = 'Error' OR SpanErrorType != '', 'failed',
            'delivered')`;
}

function destination(): string {
  return firstFilled([
    spanAttribute('messaging.destination.name'),
    ...['messaging.destination.template', 'http.route', 'url.template', 'url.path'].map(spanAttribute),
  ]);
}

/** An attribute of the first `exception` event; only spans that have one pay for the search. */
function exceptionAttribute(name: string): string {
  return `if(has(EventNames, 'exception'), EventAttributes[indexOf(EventNames, 'exception')][${quote(name)}], '')`;
}

/** Type and message with everything that differs from one message to the next replaced, so that equal causes group. */
function causeOf(type: string, message: string): string {
  const replacements: readonly (readonly [pattern: string, placeholder: string])[] = [
    ['(^|[\\s(=:\\[,])("[^"]*"|\'[^\']*\'|`[^`]*`)', '\\1<text>'],
    ['[A-Za-z_-]+[0-9][A-Za-z0-9_-]*|[0-9][0-9_-]*[A-Za-z_-][A-Za-z0-9_-]*', '<id>'],
    ['[0-9]+([.,:][0-9]+)*', '<number>'],
  ];
  const normalised = replacements.reduce(
    (text, [pattern, placeholder]) => `replaceRegexpAll(${text}, ${quote(pattern)}, ${quote(placeholder)})`,
    `substringUTF8(${message}, 1, 500)`,
  );
  return `multiIf(${message} = '' AND ${type} = '', 'unknown', ${message} = '', ${type}, ${type} = '', ${normalised}, concat(${type}, ': ', ${normalised}))`;
}

const flowMinute: View = {
  name: 'flow_minute_from_messages',
  source: 'messages',
  target: 'flow_minute',
  query: `SELECT
    Flow, toStartOfMinute(Time) AS Minute, Operation,
    count() AS Total,
    countIf(Outcome IN (${failures})) AS Failed,
    countIf(Attempt > 1) AS Retried,
    countIf(Outcome = 'dead_lettered') AS DeadLettered,
    countIf(Outcome = 'discarded') AS Discarded,
    sum(toUInt64(BodyBytes)) AS Bytes,
    max(Time) AS LastTime,
    sumMap(map(Attempt, 1::UInt64)) AS Attempts,
    quantilesDDState(0.01, 0.5, 0.95, 0.99)(DurationNs / 1000000) AS DurationMs,
    quantilesDDState(0.01, 0.5, 0.95, 0.99)(DelayNs / 1000000) AS DelayMs,
    toStartOfMonth(max(IngestTime)) AS IngestMonth,
    sum(toUInt64(messages.Unreached)) AS Unreached
FROM messages
GROUP BY Flow, Minute, Operation`,
};

const flowHour: View = {
  name: 'flow_hour_from_flow_minute',
  source: 'flow_minute',
  target: 'flow_hour',
  query: `SELECT
    Flow, toStartOfHour(Minute) AS Hour, Operation,
    ${['Total', 'Failed', 'Retried', 'DeadLettered', 'Discarded', 'Bytes'].map((each) => `sum(flow_minute.${each}) AS ${each}`).join(', ')},
    max(flow_minute.LastTime) AS LastTime,
    sumMap(flow_minute.Attempts) AS Attempts,
    quantilesDDMergeState(0.01, 0.5, 0.95, 0.99)(flow_minute.DurationMs) AS DurationMs,
    quantilesDDMergeState(0.01, 0.5, 0.95, 0.99)(flow_minute.DelayMs) AS DelayMs,
    max(flow_minute.IngestMonth) AS IngestMonth,
    sum(flow_minute.Unreached) AS Unreached
FROM flow_minute
GROUP BY Flow, Hour, Operation`,
};

const causeHour: View = {
  name: 'cause_hour_from_messages',
  source: 'messages',
  target: 'cause_hour',
  query: `SELECT
    Flow, toStartOfHour(messages.Time) AS Hour, Operation, messages.Cause AS Cause, ErrorType, Outcome,
    count() AS Count,
    min(messages.Time) AS FirstTime,
    max(messages.Time) AS LastTime,
    max((messages.Time, TraceId, SpanId, substringUTF8(ErrorMessage, 1, 500))) AS Example,
    toStartOfMonth(max(IngestTime)) AS IngestMonth
FROM messages
WHERE Outcome IN (${failures})
GROUP BY Flow, Hour, Operation, Cause, ErrorType, Outcome`,
};
