import { firstFilled, quote } from './sql-text.ts';

/**
 * Names that older instrumentation still sends, by the name of semantic conventions 1.44.
 * Source: the deprecated registries of `messaging.*` and `http.*`.
 */
const formerNames: Readonly<Record<string, readonly string[]>> = {
  'messaging.destination.name': ['messaging.destination'],
  'messaging.operation.type': ['messaging.operation'],
  'messaging.operation.name': ['messaging.operation'],
  'messaging.message.id': ['messaging.message_id'],
  'messaging.message.conversation_id': ['messaging.conversation_id'],
  'messaging.message.body.size': [
    'messaging.message.payload_size_bytes',
    'messaging.message_payload_size_bytes',
  ],
  'messaging.consumer.group.name': ['messaging.kafka.consumer.group', 'messaging.kafka.consumer_group'],
  'messaging.destination.partition.id': [
    'messaging.kafka.destination.partition',
    'messaging.kafka.partition',
  ],
  'messaging.kafka.offset': ['messaging.kafka.message.offset'],
  'messaging.client.id': ['messaging.client_id'],
  'http.request.method': ['http.method'],
  'http.response.status_code': ['http.status_code'],
  'http.request.resend_count': ['http.resend_count'],
  'url.full': ['http.url'],
};

/** Namespaces that semantic conventions place on spans only: looking at the resource would cost and find nothing. */
const spanOnly = /^(messaging|http|url|rpc|db|server|client|network|error|integration|business)\./;

/** SQL for an attribute of a span under its present name or one of its former ones; '' when absent. */
export function spanAttribute(name: string): string {
  return firstFilled([name, ...(formerNames[name] ?? [])].map((each) => `SpanAttributes[${quote(each)}]`));
}

/** SQL for what a catalog `match` may ask: a span's own columns, its attributes or those of its resource. */
export function matchSubject(name: string): string {
  if (name === 'service.name') return 'ServiceName';
  if (name === 'span.name') return 'SpanName';
  if (name === 'span.kind') return 'lower(SpanKind)';
  if (spanOnly.test(name)) return spanAttribute(name);
  return firstFilled([spanAttribute(name), `ResourceAttributes[${quote(name)}]`]);
}
