import { attribute } from '@plumbline/model/telemetry/attributes.ts';
import {
  flowSpec,
  partitionOf,
  processTrace,
  type FlowSpec,
  type TransportSpec,
  type Voice,
} from '../business/flows.ts';
import { hash32 } from '../business/random.ts';
import type { Cause, Message, Place, Step, Via } from '../business/types.ts';
import { legacyAttributes } from './legacy.ts';
import { placeOf, type AttributeSet, type Kind, type SpanPlan } from './plan.ts';

type Sent = Extract<Step, { kind: 'sent' }>;
type Attempted = Extract<Step, { kind: 'attempted' }>;

/** The span of a sender that hands a message to a broker or drops a file. */
export function sentSpans(step: Sent): SpanPlan[] {
  const { message } = step;
  const spec = flowSpec(message.flow);
  const shape = producerShape(transportOf(spec, step.via), message);
  return [
    {
      ...shape,
      service: spec.sourceService,
      place: placeOf(message.trace, sendSpan(message)),
      ...parentOf(message.cause),
      startMs: step.atMs,
      endMs: step.atMs + step.durationMs,
      attributes: { ...shape.attributes, ...voiceAttributes(spec, spec.sourceVoice, message) },
    },
  ];
}

/** The spans of one attempt: client and server over HTTP, the consumer alone otherwise. */
export function attemptedSpans(step: Attempted): SpanPlan[] {
  const transport = transportOf(flowSpec(step.message.flow), step.via);
  return transport.kind === 'http'
    ? httpSpans(step, transport)
    : [consumerSpan(step, transport), ...databaseSpan(step)];
}

/** Where the successful processing of a message stands; its failed attempts have places of their own. */
export function processPlace(cause: Cause): Place {
  return placeOf(cause.trace, `${cause.id} process`);
}

/** Where one attempt stands: what the error log of a failed one points at. */
export function attemptPlace(step: Attempted): Place {
  const { message, attempt } = step;
  const nested = processTrace(message) === message.trace;
  if (isRepeat(step)) return placeOf(message.trace, `${message.id} repeated ${attempt}`);
  if (!step.failure) return processPlace({ id: message.id, trace: processTrace(message) });
  if (step.failure.unreachable) return placeOf(message.trace, clientSpan(message, attempt));
  const trace = nested ? message.trace : `${message.id} processing ${attempt}`;
  return placeOf(trace, `${message.id} process ${attempt}`);
}

/** Delivered once more after it had taken effect. A twin has an id of its own. */
function isRepeat({ message, outcome }: Attempted): boolean {
  return outcome === 'discarded' && !message.id.endsWith('.twin');
}

function consumerSpan(step: Attempted, transport: Exclude<TransportSpec, { kind: 'http' }>): SpanPlan {
  const { message } = step;
  const spec = flowSpec(message.flow);
  const shape = consumerShape(transport, message);
  const sender = placeOf(message.trace, sendSpan(message));
  const nested = processTrace(message) === message.trace;
  return {
    ...shape,
    service: spec.targetService,
    place: attemptPlace(step),
    ...(nested ? { parent: sender } : { link: sender }),
    ...times(step),
    attributes: { ...shape.attributes, ...voiceAttributes(spec, spec.targetVoice, message, step) },
    ...errorOf(step),
  };
}

function httpSpans(step: Attempted, transport: Extract<TransportSpec, { kind: 'http' }>): SpanPlan[] {
  const { message, attempt, failure } = step;
  const spec = flowSpec(message.flow);
  const path = transport.route.replace('{id}', idOf(message));
  const status = failure ? failure.status : 200;
  const clientPlace = placeOf(message.trace, clientSpan(message, attempt));
  const answer: AttributeSet =
    status === undefined || failure?.unreachable ? {} : { 'http.response.status_code': status };
  const name = `${transport.method} ${transport.route}`;
  const client: SpanPlan = {
    service: spec.sourceService,
    name,
    kind: 'client',
    place: clientPlace,
    ...parentOf(message.cause),
    ...callerTimes(step),
    attributes: {
      'http.request.method': transport.method,
      'server.address': transport.host,
      'server.port': 443,
      'url.full': `https://${transport.host}${path}`,
      'url.template': transport.route,
      ...(attempt > 1 && { 'http.request.resend_count': attempt - 1 }),
      ...answer,
      ...voiceAttributes(spec, spec.sourceVoice, message, step),
    },
    ...errorOf(step),
  };
  if (failure?.unreachable) return [client];
  const server: SpanPlan = {
    service: spec.targetService,
    name,
    kind: 'server',
    place: attemptPlace(step),
    parent: clientPlace,
    ...times(step),
    attributes: {
      'http.request.method': transport.method,
      'http.route': transport.route,
      'url.scheme': 'https',
      'url.path': path,
      'http.request.body.size': bodySize(message),
      ...answer,
      ...voiceAttributes(spec, spec.targetVoice, message, step),
    },
    ...errorOf(step),
  };
  return [client, server];
}

/** The ERP writes what it took from a queue: a stock database span, to make waterfalls tell more. */
function databaseSpan(step: Attempted): SpanPlan[] {
  const spec = flowSpec(step.message.flow);
  if (spec.target !== 'erp' || step.failure || spec.transport.kind !== 'rabbitmq') return [];
  const parent = attemptPlace(step);
  const startMs = step.atMs + step.durationMs * 0.35;
  return [
    {
      service: spec.targetService,
      name: 'INSERT erp.orders',
      kind: 'client',
      place: placeOf(processTrace(step.message), `${step.message.id} database`),
      parent,
      startMs,
      endMs: startMs + step.durationMs * 0.4,
      attributes: {
        'db.system.name': 'postgresql',
        'db.namespace': 'distributor',
        'db.operation.name': 'INSERT',
        'db.collection.name': 'erp.orders',
        'server.address': 'erp-db-01',
      },
    },
  ];
}

interface Shape {
  readonly name: string;
  readonly kind: Kind;
  readonly attributes: AttributeSet;
}

function producerShape(transport: TransportSpec, message: Message): Shape {
  switch (transport.kind) {
    case 'rabbitmq': {
      const destination = `${transport.exchange}:${transport.routingKey}`;
      return messaging('publish', 'send', 'producer', 'rabbitmq', destination, message, {
        'messaging.rabbitmq.destination.routing_key': transport.routingKey,
        'server.address': 'rabbitmq.distributor.example',
        'server.port': 5672,
      });
    }
    case 'kafka':
      return messaging(
        'send',
        'send',
        'producer',
        'kafka',
        transport.topic,
        message,
        kafkaAttributes(transport, message),
      );
    case 'file':
      return fileShape('write', 'producer', transport, message);
    case 'http':
      throw new Error(`${message.flow} is sent over HTTP: its attempts are its sends.`);
  }
}

function consumerShape(transport: Exclude<TransportSpec, { kind: 'http' }>, message: Message): Shape {
  switch (transport.kind) {
    case 'rabbitmq': {
      const destination = `${transport.exchange}:${transport.routingKey}:${transport.queue}`;
      return messaging('process', 'process', 'consumer', 'rabbitmq', destination, message, {
        'messaging.rabbitmq.destination.routing_key': transport.routingKey,
        'messaging.rabbitmq.message.delivery_tag': 1 + (hash32(message.id) % 100_000),
      });
    }
    case 'kafka':
      return messaging('process', 'process', 'consumer', 'kafka', transport.topic, message, {
        ...kafkaAttributes(transport, message),
        'messaging.consumer.group.name': transport.group,
      });
    case 'file':
      return fileShape('read', 'consumer', transport, message);
  }
}

function messaging(
  operation: string,
  type: string,
  kind: Kind,
  system: string,
  destination: string,
  message: Message,
  more: AttributeSet,
): Shape {
  return {
    name: `${operation} ${destination}`,
    kind,
    attributes: {
      'messaging.system': system,
      'messaging.operation.name': operation,
      'messaging.operation.type': type,
      'messaging.destination.name': destination,
      'messaging.message.id': message.id,
      'messaging.message.body.size': bodySize(message),
      ...more,
    },
  };
}

function kafkaAttributes(
  transport: Extract<TransportSpec, { kind: 'kafka' }>,
  message: Message,
): AttributeSet {
  return {
    'messaging.destination.partition.id': String(partitionOf(transport, message)),
    'messaging.kafka.message.key': message.keys[0] ?? message.id,
  };
}

function fileShape(
  verb: string,
  kind: Kind,
  transport: Extract<TransportSpec, { kind: 'file' }>,
  message: Message,
): Shape {
  const name = `${idOf(message)}.${transport.extension}`;
  return {
    name: `${verb} ${transport.directory}`,
    kind,
    attributes: {
      'file.directory': transport.directory,
      'file.name': name,
      'file.path': `${transport.directory}/${name}`,
      'file.extension': transport.extension,
      'file.size': bodySize(message),
      'messaging.message.id': message.id,
    },
  };
}

/** What a service says beside the standard: all of ours, its vendor's own, or nothing. */
function voiceAttributes(spec: FlowSpec, voice: Voice, message: Message, step?: Attempted): AttributeSet {
  if (voice === 'stock') return {};
  if (voice === 'legacy') return legacyAttributes(step ? spec.target : spec.source, message.keys);
  return {
    'messaging.message.id': message.id,
    ...(message.original && { 'messaging.message.conversation_id': message.original }),
    [attribute.flow]: spec.name,
    [attribute.businessKey]: [...message.keys],
    ...(step && {
      [attribute.attempt]: step.attempt,
      [attribute.outcome]: step.outcome,
      [attribute.sentAt]: Math.round(step.sentAtMs),
    }),
  };
}

/** Without a broker a message travels to the HTTP inbox of its flow; without Kafka it takes a queue. */
function transportOf(spec: FlowSpec, via: Via | undefined): TransportSpec {
  if (via === 'http-inbox') {
    const host = `${spec.target}.distributor.example`;
    return { kind: 'http', method: 'POST', host, route: `/inbox/${spec.name}` };
  }
  return spec.transport;
}

function parentOf(cause: Cause | undefined): { parent?: Place } {
  return cause ? { parent: processPlace(cause) } : {};
}

function times(step: Attempted): { startMs: number; endMs: number } {
  return { startMs: step.atMs, endMs: step.atMs + step.durationMs };
}

/** What the caller measured; in history, the same with a little network on either side. */
function callerTimes(step: Attempted): { startMs: number; endMs: number } {
  if (step.caller) return step.caller;
  const network = step.failure?.unreachable ? 0 : 4 + (hash32(step.message.id) % 9);
  return { startMs: step.atMs - network, endMs: step.atMs + step.durationMs + network };
}

function errorOf(step: Attempted): Pick<SpanPlan, 'error'> {
  const { failure } = step;
  return failure ? { error: { type: failure.type, message: failure.message, stack: failure.stack } } : {};
}

function sendSpan(message: Message): string {
  return `${message.id} send`;
}

function clientSpan(message: Message, attempt: number): string {
  return `${message.id} client ${attempt}`;
}

function idOf(message: Message): string {
  return message.keys[0]?.split(':')[1] ?? message.id;
}

function bodySize(message: Message): number {
  return 60 + Object.keys(message.body).length * 24;
}
