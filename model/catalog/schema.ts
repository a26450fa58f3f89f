import { z } from 'zod';
import type { NamedCalendar } from './calendar.ts';
import { Duration, EventName, Name, TimeZone } from './name.ts';
import type { Kpi, KpiReport } from './kpi.ts';
import type { Objective } from './objective.ts';
import type { Probe } from './probe.ts';

/** Name of an entity: a canonical business object such as `order` or `credit_memo`. */
export const EntityName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,62}$/, 'use lower-case letters, digits and underscores, starting with a letter');

/** Attribute name of OpenTelemetry or of one's own, such as `messaging.destination.name`. */
export const AttributeName = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[\p{L}\p{N}_.\-/]+$/u, 'use letters, digits, dots, dashes, slashes and underscores');

const httpUrl = z.url({ protocol: /^https?$/ });
const title = z.string().min(1).max(120);
const text = z.string().max(2000);

/** An application that owns data. */
export const System = z.strictObject({
  name: Name,
  title,
  description: text.optional(),
  owner: z.string().min(1).max(120),
  exposure: z.enum(['internal', 'partner']).default('internal'),
  timeZone: TimeZone.default('UTC').describe('IANA time zone of its business dates'),
  services: z
    .array(z.string().min(1).max(200))
    .min(1)
    .max(50)
    .optional()
    .describe('OpenTelemetry service names that speak for it; default: its name'),
  runbook: httpUrl.optional(),
});
export type System = z.infer<typeof System>;

/** JSON Schema (draft 2020-12) of one version of an entity, inline or as a path beside the YAML file. */
export const EntitySchema = z.union([z.string().min(1), z.record(z.string(), z.unknown())]);

/** A canonical business object and where its truth lives. */
export const Entity = z.strictObject({
  name: EntityName,
  title,
  description: text.optional(),
  idPattern: z
    .string()
    .max(200)
    .optional()
    .describe('Regular expression that a whole id matches; lets search recognise a bare number'),
  attributes: z
    .array(AttributeName)
    .max(100)
    .default([])
    .describe('Attributes whose value is an id of this entity: legacy emitters need no change'),
  authority: z.record(z.string(), Name).default({}).describe('Field → the system whose value counts'),
  schemas: z
    .record(z.string().regex(/^\d+$/, 'a version is a whole number'), EntitySchema)
    .default({})
    .describe('Version → JSON Schema (draft 2020-12), inline or as a path beside this file'),
  masked: z.array(z.string()).max(200).default([]).describe('Fields hidden in display and search'),
});
export type Entity = z.infer<typeof Entity>;

/** What an attribute must be: a text, a glob with `*`, or any of several. */
export const MatchValue = z.union([
  z.string().min(1).max(300),
  z.array(z.string().min(1).max(300)).min(1).max(50),
]);
export type MatchValue = z.infer<typeof MatchValue>;

/**
 * Attribute → wanted value; all must hold. Beside attributes of span or resource, `service.name`,
 * `span.name` and `span.kind` (internal, server, client, producer, consumer) may be asked.
 */
export const Match = z
  .record(AttributeName, MatchValue)
  .refine((m) => Object.keys(m).length > 0, 'name at least one attribute');
export type Match = z.infer<typeof Match>;

export const TransportKind = z.enum(['rabbitmq', 'kafka', 'nats', 'redis', 'http', 'file']);
export type TransportKind = z.infer<typeof TransportKind>;

/**
 * Where a broker, service or directory is reached. Secrets never stand here: the environment variable
 * `PLUMBLINE_CONNECTION_<NAME>` (upper case, dashes as underscores) replaces `url` and may hold a password.
 */
export const Connection = z.strictObject({
  name: Name,
  kind: TransportKind,
  url: z
    .string()
    .max(500)
    .refine((url) => !/:\/\/[^/@]*:[^/@]+@/.test(url), 'leave the password to the environment variable')
    .optional()
    .describe(
      'amqp://host:5672, kafka://host:9092,host:9092, nats://host:4222, redis://host:6379 (rediss:// with TLS), https://host, file:///directory',
    ),
});
export type Connection = z.infer<typeof Connection>;

export const Transport = z.strictObject({
  kind: TransportKind,
  destination: z
    .string()
    .min(1)
    .max(300)
    .describe('Queue, topic, subject, stream, URL path template or directory'),
  connection: Name.optional().describe('Connection by which dead letters are taken and replayed'),
});

/** RFC 6901 pointer into a JSON body, such as `/order/id`; the empty pointer is the whole body. */
export const JsonPointer = z
  .string()
  .max(300)
  .regex(/^(\/([^~/]|~[01])*)*$/, 'write a JSON pointer such as /order/id');

/** Where a fact stands in a message: in a header, or in its JSON body. */
export const BodyPlace = z.union([
  z.strictObject({ header: z.string().min(1).max(200) }),
  z.strictObject({ pointer: JsonPointer }),
]);
export type BodyPlace = z.infer<typeof BodyPlace>;

/** Where a flow puts the messages that it gives up on, and how they are read. */
export const DeadLetterSource = z.strictObject({
  destination: z
    .string()
    .min(1)
    .max(300)
    .optional()
    .describe(
      'Dead-letter queue, topic, subject, stream or directory; stream?group=erp&deliveries=5 for what a group of Redis is stuck on. Without it only the API takes them in',
    ),
  messageId: BodyPlace.optional().describe(
    "Default: the transport's own message id, then the header message-id",
  ),
  keys: z
    .array(z.strictObject({ entity: EntityName, from: BodyPlace }))
    .max(20)
    .default([])
    .describe('Business keys in the message; the first orders replays'),
  version: BodyPlace.optional().describe('Whole number that grows with every change of the first key'),
  value: z
    .strictObject({ amount: BodyPlace, currency: BodyPlace })
    .optional()
    .describe('What a message is worth'),
  error: z
    .strictObject({ type: BodyPlace.optional(), message: BodyPlace.optional(), stack: BodyPlace.optional() })
    .optional()
    .describe("Where the consumer says why it gave up; default: the trace's error, then the broker's reason"),
});
export type DeadLetterSource = z.infer<typeof DeadLetterSource>;

/** Re-delivers dead letters of transient causes without a person, within bounds. */
export const AutoReplay = z.strictObject({
  causes: z
    .array(z.string().min(1).max(200))
    .min(1)
    .max(20)
    .describe('Text that the cause begins with, in any case'),
  after: Duration.default('1m').describe('Waiting time after the failure'),
  maxGenerations: z.int().min(1).max(10).default(2),
  maxPerHour: z.int().min(1).max(10_000).default(100),
});
export type AutoReplay = z.infer<typeof AutoReplay>;

/** What replays of a flow may do. */
export const ReplayPolicy = z.strictObject({
  destination: z
    .string()
    .min(1)
    .max(300)
    .optional()
    .describe("Default: the flow's own; name a retry queue or topic to reach one consumer only"),
  redirects: z
    .array(z.string().min(1).max(300))
    .max(20)
    .default([])
    .describe('Other destinations that a replay may be sent to'),
  serial: z.boolean().default(true).describe('One message at a time for each business key, oldest first'),
  perSecond: z
    .number()
    .min(0.1)
    .max(100_000)
    .default(50)
    .describe('Messages a second at most: the share that live traffic leaves'),
  stages: z
    .array(z.int().min(1))
    .max(10)
    .default([1, 10, 100])
    .describe('Sizes of canary and ramp; the rest follows when all are confirmed'),
  haltRatio: z.number().min(0).max(1).default(0.05).describe('Failed share of a stage that stops the replay'),
  approvalAbove: z.int().min(0).default(1).describe('More messages than this need a second person'),
  maxGenerations: z
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe('A message that failed this often with one cause is quarantined'),
  confirmWithin: Duration.default('5m').describe(
    'Without the success of the consumer in telemetry by then, the outcome is unknown',
  ),
  protectedFields: z.array(JsonPointer).max(100).default([]).describe('Fields that an edit may not touch'),
  consumers: z
    .array(z.string().min(1).max(120))
    .max(50)
    .default([])
    .describe('Others who read the same destination and would see a replay'),
  auto: z.array(AutoReplay).max(10).default([]),
});
export type ReplayPolicy = z.infer<typeof ReplayPolicy>;

export const Criticality = z.enum(['critical', 'high', 'normal', 'low']);

/** One directed integration from a system to a system that carries one entity. */
export const Flow = z.strictObject({
  name: Name,
  title,
  description: text.optional(),
  source: Name,
  target: Name,
  entity: EntityName,
  transport: Transport,
  owner: z.string().min(1).max(120),
  criticality: Criticality.default('normal'),
  runbook: httpUrl.optional(),
  match: z
    .array(Match)
    .max(50)
    .default([])
    .describe('Any of these makes a span belong to this flow when it does not say integration.flow itself'),
  /** Thresholds of the health shown before objectives exist: failed share of messages and p95 duration. */
  health: z
    .strictObject({
      failedRatioMax: z.number().min(0).max(1).default(0.02).describe('Share of messages that may fail'),
      durationP95Max: Duration.default('30s').describe('95th percentile of the processing time'),
      silenceMax: Duration.default('15m').describe('Longer silence while the source is active is a fault'),
    })
    .prefault({}),
  deadLetters: DeadLetterSource.prefault({}),
  replay: ReplayPolicy.prefault({}),
});
export type Flow = z.infer<typeof Flow>;

/** A fact that a transaction must reach, with its deadline. */
export const Milestone = z.strictObject({
  name: Name,
  title,
  event: EventName,
  system: Name,
  within: Duration.optional().describe('Deadline, counted from the milestone `after`'),
  after: Name.optional().describe('Milestone from which the deadline counts; default: the first'),
  optional: z
    .boolean()
    .default(false)
    .describe('Never missing, only late once something it follows happened'),
});
export type Milestone = z.infer<typeof Milestone>;

/** A business workflow. Each run of it is a transaction, named by the key of its lead entity. */
export const Process = z.strictObject({
  name: Name,
  title,
  description: text.optional(),
  owner: z.string().min(1).max(120),
  lead: EntityName.describe('Entity whose key names the transaction'),
  entities: z
    .array(EntityName)
    .min(1)
    .max(30)
    .describe('Entities that belong to one run; keys of others (a customer, a product) never join runs'),
  milestones: z.array(Milestone).min(1).max(30),
  value: z
    .strictObject({ event: EventName, amount: AttributeName, currency: AttributeName })
    .optional()
    .describe('Event and attributes that say what a run is worth'),
});
export type Process = z.infer<typeof Process>;

/** One YAML file of the catalog. All files of the directory together make the catalog. */
export const CatalogFile = z.strictObject({
  systems: z.array(System).max(500).optional(),
  connections: z.array(Connection).max(100).optional(),
  entities: z.array(Entity).max(500).optional(),
  flows: z.array(Flow).max(2000).optional(),
  processes: z.array(Process).max(200).optional(),
});
export type CatalogFile = z.infer<typeof CatalogFile>;

/** The whole catalog after loading: every name resolved, every schema read. `hash` names its content. */
export interface Catalog {
  readonly hash: string;
  readonly systems: readonly System[];
  readonly connections: readonly Connection[];
  readonly entities: readonly Entity[];
  readonly flows: readonly Flow[];
  readonly processes: readonly Process[];
  readonly calendars: readonly NamedCalendar[];
  readonly objectives: readonly Objective[];
  readonly probes: readonly Probe[];
  readonly kpis: readonly Kpi[];
  readonly kpiReports: readonly KpiReport[];
}

/** Milliseconds of a `Duration` text such as `1d12h`. */
export function durationMs(duration: string): number {
  const unitMs: Record<string, number> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
  let totalMs = 0;
  for (const [, amount, unit] of duration.matchAll(/(\d+)(ms|d|h|m|s)/g)) {
    totalMs += Number(amount) * (unitMs[unit ?? ''] ?? 0);
  }
  return totalMs;
}
