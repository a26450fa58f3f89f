import { z } from 'zod';
import type { Fields } from './conditions/fields.ts';
import { Duration, Name, TimeZone } from './name.ts';

const host = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9._:-]+$/, 'write a host name or an address, without scheme or port');
const port = z.int().min(1).max(65_535);
const word = z.string().min(1).max(300);
const stepName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,39}$/, 'use lower-case letters, digits and underscores, starting with a letter');

/** Text of a condition; its grammar stands in conditions/grammar.ts. */
const Condition = z.string().min(1).max(1000).describe("Such as status == 200 and body.state == 'open'");
const conditions = z.array(Condition).max(20);

export const HttpStep = z.strictObject({
  name: stepName.optional().describe('Default: step1, step2 …'),
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']).default('GET'),
  url: z
    .string()
    .max(2000)
    .regex(/^https?:\/\/[^\s]+$/, 'write a URL that begins with http:// or https://')
    .refine((url) => !/^https?:\/\/[^/?#]*@/.test(url), 'leave user and password to a header with a secret'),
  headers: z
    .record(
      z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/, 'is no name of a header'),
      z.string().max(4000),
    )
    .default({})
    .describe('${secret.name} stands for a secret, ${saved.name} for what an earlier step saved'),
  json: z.json().optional().describe('Body, sent as application/json'),
  body: z.string().max(100_000).optional().describe('Body, sent as it stands'),
  redirectsMax: z
    .int()
    .min(0)
    .max(5)
    .default(0)
    .describe('Redirects that are followed, within the same origin'),
  conditions: conditions.default([]).describe('Default: status < 400'),
  save: z
    .record(stepName, word)
    .default({})
    .describe('Name → path of a value that later steps use, as body.token'),
});
export type HttpStep = z.infer<typeof HttpStep>;

/** When a file is due: a cron expression of five fields in a time zone, and how late it may be. */
export const DueSchedule = z.strictObject({
  cron: z.string().min(9).max(120).describe("Five fields, as '0 6 * * mon-fri'"),
  timeZone: TimeZone,
  grace: Duration.default('15m'),
  lead: Duration.optional().describe(
    'How early it may come. Default: half of the time since the due time before',
  ),
});
export type DueSchedule = z.infer<typeof DueSchedule>;

const connection = Name.describe('Connection of the catalog');

/** What a probe looks at, by kind. */
export const ProbeCheck = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('http'), steps: z.array(HttpStep).min(1).max(10) }),
  z.strictObject({ kind: z.literal('tcp'), host, port }),
  z.strictObject({ kind: z.literal('tls'), host, port: port.default(443), serverName: host.optional() }),
  z.strictObject({
    kind: z.literal('dns'),
    name: host,
    type: z.enum(['A', 'AAAA', 'CNAME', 'MX', 'NS', 'TXT']).default('A'),
    server: host
      .optional()
      .describe('Address of a name server, as 10.0.0.53:53. Default: those of the machine'),
  }),
  z.strictObject({
    kind: z.literal('rabbitmq'),
    connection,
    queue: z.string().min(1).max(255),
    management: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Management API, which alone tells the age; user and password are those of the connection'),
  }),
  z.strictObject({ kind: z.literal('kafka'), connection, topic: word, group: word }),
  z.strictObject({ kind: z.literal('nats'), connection, stream: word, consumer: word }),
  z.strictObject({ kind: z.literal('redis'), connection, stream: word, group: word }),
  z.strictObject({
    kind: z.literal('postgres'),
    secret: Name.describe('Secret that holds the URL, as postgres://user:password@host/database'),
    table: z.string().regex(/^[A-Za-z_]\w{0,62}(\.[A-Za-z_]\w{0,62})?$/, 'write table or schema.table'),
    column: z.string().regex(/^[A-Za-z_]\w{0,62}$/, 'write the name of one column'),
  }),
  z.strictObject({
    kind: z.literal('file'),
    connection,
    pattern: z
      .string()
      .min(1)
      .max(200)
      .regex(/^[^/\\]+$/, 'write the name of a file; directories belong to the connection')
      .refine((pattern) => pattern.split('*').length <= 4, 'write at most three *')
      .describe('* and ? stand for any characters; {yyyy}, {MM} and {dd} for the date on which it is due'),
    expected: DueSchedule.optional(),
    stableFor: Duration.default('2s').describe('Its size and time must not change for so long'),
    allowEmpty: z.boolean().default(false),
  }),
  z.strictObject({
    kind: z.literal('heartbeat'),
    within: Duration.describe('The longest silence'),
    secret: Name.describe('Secret with which its sender signs in'),
  }),
]);
export type ProbeCheck = z.infer<typeof ProbeCheck>;
export type ProbeKind = ProbeCheck['kind'];
export type CheckOf<Kind extends ProbeKind> = Extract<ProbeCheck, { kind: Kind }>;

export const ProbeSpec = z.strictObject({
  description: z.string().max(2000).optional(),
  system: Name.describe('System that it is about'),
  flow: Name.optional().describe('Flow that it stands in for'),
  every: Duration.default('1m'),
  timeout: Duration.default('10s'),
  check: ProbeCheck,
  conditions: conditions
    .optional()
    .describe('All must hold. Each kind but the brokers and databases has a default'),
});
export type ProbeSpec = z.infer<typeof ProbeSpec>;

/** A probe of the catalog: an active check of what no flow reports. */
export interface Probe extends Omit<ProbeSpec, 'conditions'> {
  readonly name: string;
  readonly title: string;
  /** Of the whole result; those of an HTTP step stand in the step. */
  readonly conditions: readonly string[];
}

/** What conditions may ask of a result. A duration is in seconds, a size in bytes; `duration` is that of the look. */
export const fieldsByKind: Readonly<Record<ProbeKind, Fields>> = {
  http: { duration: 'duration' },
  tcp: { duration: 'duration' },
  tls: {
    'certificate.expires_in': 'duration',
    'certificate.trusted': 'boolean',
    'certificate.subject': 'text',
    'certificate.issuer': 'text',
    protocol: 'text',
    duration: 'duration',
  },
  dns: { answers: 'json', duration: 'duration' },
  rabbitmq: {
    depth: 'number',
    consumers: 'number',
    unacknowledged: 'number',
    age: 'duration',
    duration: 'duration',
  },
  kafka: { depth: 'number', age: 'duration', partitions: 'number', duration: 'duration' },
  nats: { depth: 'number', unacknowledged: 'number', age: 'duration', duration: 'duration' },
  redis: {
    depth: 'number',
    unacknowledged: 'number',
    age: 'duration',
    consumers: 'number',
    duration: 'duration',
  },
  postgres: { age: 'duration', duration: 'duration' },
  file: {
    present: 'boolean',
    stable: 'boolean',
    size: 'size',
    age: 'duration',
    count: 'number',
    rows: 'number',
    duration: 'duration',
  },
  heartbeat: { age: 'duration', duration: 'duration' },
};

/** Fields of one HTTP step. */
export const httpStepFields: Fields = {
  status: 'number',
  headers: 'json',
  body: 'json',
  size: 'size',
  duration: 'duration',
};

/** Conditions of a kind that were not written; undefined: nobody can guess them, they must be written. */
export function defaultConditions(check: ProbeCheck): readonly string[] | undefined {
  switch (check.kind) {
    case 'http':
    case 'tcp':
      return [];
    case 'tls':
      return ['certificate.trusted', 'certificate.expires_in > 14d'];
    case 'dns':
      return ['len(answers) > 0'];
    case 'file':
      return [];
    case 'heartbeat':
      return [];
    default:
      return undefined;
  }
}
