import { z } from '@hono/zod-openapi';
import { Instant } from '../flows/schemas.ts';
import { PageQuery } from '../paging.ts';
import { Money } from '../transactions/schemas.ts';
import { DeadLetterBulk } from './bulk/schemas.ts';

/** `replaying`: a replay holds it now. `quarantined`: it failed too often with one cause. */
export const DeadLetterState = z.enum([
  'open',
  'acknowledged',
  'replaying',
  'resolved',
  'ignored',
  'quarantined',
]);
export type DeadLetterState = z.infer<typeof DeadLetterState>;

const texts = (max: number) =>
  z
    .union([z.string(), z.array(z.string())])
    .transform((value) => (typeof value === 'string' ? value.split(',') : value))
    .pipe(z.array(z.string().min(1).max(200)).max(max));

/** `true` in JSON, `"true"` in a query string. */
const flag = z.union([z.boolean(), z.stringbool()]).optional();

/** Which dead letters: all that is named must hold. The same words in lists, groups, actions and replays. */
export const DeadLetterFilter = z.object({
  flow: z.string().max(63).optional(),
  cause: z.string().max(500).optional(),
  state: z
    .union([z.string(), z.array(z.string())])
    .transform((value) => (typeof value === 'string' ? value.split(',') : value))
    .pipe(z.array(DeadLetterState).max(6))
    .optional()
    .openapi({ description: 'One or more states with commas between them; default: open and acknowledged.' }),
  key: z.string().max(300).optional().openapi({ example: 'order:SO-1001' }),
  /** Words of headers and masked bodies, message ids and keys. */
  q: z.string().max(200).optional(),
  assignee: z.string().max(100).optional().openapi({ description: 'Id of a person, `me` or `nobody`.' }),
  tag: z.string().max(60).optional(),
  /** When the message died. */
  from: z.string().max(60).optional(),
  to: z.string().max(60).optional(),
  /** Snoozed letters too; without it they stay out of sight until they wake. */
  snoozed: flag,
  archived: flag,
  ids: texts(1000).optional().openapi({ description: 'These and no others, at most 1,000.' }),
});
export type DeadLetterFilter = z.infer<typeof DeadLetterFilter>;

export const DeadLetterQuery = PageQuery.extend(DeadLetterFilter.shape);

export const Person = z.object({ id: z.string(), name: z.string() });
export const Assignees = z.object({ items: z.array(Person) });

export const DeadLetterSummary = z
  .object({
    id: z.string(),
    flow: z.string(),
    messageId: z.string(),
    state: DeadLetterState,
    cause: z.string(),
    errorType: z.string(),
    errorMessage: z.string(),
    failedAt: Instant,
    arrivedAt: Instant,
    keys: z.array(z.string()),
    value: Money.nullable(),
    bodyBytes: z.int(),
    traceId: z.string(),
    spanId: z.string(),
    /** How often it was replayed. */
    generation: z.int(),
    /** Send it back with a change: it fails with `conflict` when somebody was quicker. */
    revision: z.int(),
    assignee: Person.nullable(),
    tags: z.array(z.string()),
    snoozedUntil: Instant.nullable(),
    replayId: z.string().nullable(),
    settledAt: Instant.nullable(),
    settledWhy: z.string().nullable(),
  })
  .openapi('DeadLetter');
export type DeadLetterSummary = z.infer<typeof DeadLetterSummary>;

export const DeadLetterList = z.object({
  items: z.array(DeadLetterSummary),
  nextCursor: z.string().nullable(),
  /** Exact to 10,000; null beyond: see the groups. */
  total: z.int().nullable(),
});

/** Dead letters of one flow with one cause. */
export const DeadLetterGroup = z.object({
  flow: z.string(),
  flowTitle: z.string(),
  source: z.string(),
  target: z.string(),
  cause: z.string(),
  errorType: z.string(),
  /** Message of the newest. */
  errorMessage: z.string(),
  count: z.int(),
  open: z.int(),
  acknowledged: z.int(),
  quarantined: z.int(),
  /** Distinct first keys. */
  keys: z.int(),
  /** Worth of those that say it, one sum a currency. */
  values: z.array(Money),
  firstAt: Instant,
  lastAt: Instant,
  example: z.string(),
  notes: z.int(),
  assignee: Person.nullable(),
});
export type DeadLetterGroup = z.infer<typeof DeadLetterGroup>;

export const DeadLetterGroups = z.object({
  items: z.array(DeadLetterGroup),
  /** More groups exist than the 500 that are given. */
  truncated: z.boolean(),
});

export const DeadLetterAttempt = z.object({
  at: Instant,
  generation: z.int(),
  errorType: z.string(),
  errorMessage: z.string(),
  stack: z.string(),
  reason: z.string().nullable(),
  deliveries: z.int().nullable(),
  traceId: z.string(),
  spanId: z.string(),
  replayId: z.string().nullable(),
});

export const DeadLetterNote = z.object({
  id: z.string(),
  at: Instant,
  author: z.string(),
  text: z.string(),
  /** Of the cause: seen at every message that fails so. */
  ofCause: z.boolean(),
});

export const HeaderView = z.object({
  name: z.string(),
  /** As text when it is UTF-8, else base64. */
  value: z.string(),
  encoding: z.enum(['utf8', 'base64']),
  masked: z.boolean(),
});

export const BodyView = z.object({
  contentType: z.string().nullable(),
  bytes: z.int(),
  absent: z.boolean(),
  encoding: z.enum(['utf8', 'base64']),
  /** At most 256 KiB; masked by the catalog's rules. */
  text: z.string(),
  truncated: z.boolean(),
  /** JSON pointers of what was masked. */
  masked: z.array(z.string()),
  /** Where the body breaks the entity's schema; empty: it does not, or there is none. */
  schemaErrors: z.array(z.object({ path: z.string(), message: z.string() })),
});

export const DeadLetterDetail = DeadLetterSummary.extend({
  flowTitle: z.string(),
  source: z.string(),
  target: z.string(),
  entity: z.string(),
  key: z.string().nullable(),
  partition: z.int().nullable(),
  destination: z.string().nullable(),
  payloadHash: z.string(),
  version: z.string().nullable(),
  headers: z.array(HeaderView),
  body: BodyView,
  attempts: z.array(DeadLetterAttempt),
  notes: z.array(DeadLetterNote),
  /** Newest replays that held it, with what became of it there. */
  replays: z.array(
    z.object({ id: z.string(), at: Instant, state: z.string(), reason: z.string().nullable() }),
  ),
});
export type DeadLetterDetail = z.infer<typeof DeadLetterDetail>;

export const DeadLetterSource = z.object({
  flow: z.string(),
  connection: z.string(),
  kind: z.string(),
  destination: z.string(),
  state: z.enum(['connected', 'disconnected', 'refused', 'waiting']),
  sentence: z.string(),
  since: Instant.nullable(),
  lastArrivalAt: Instant.nullable(),
  /** Messages that wait in the queue; null: it cannot be asked. */
  depth: z.int().nullable(),
});
export const DeadLetterSources = z.object({ items: z.array(DeadLetterSource) });

/** What middleware without a queue sends. */
export const DeadLetterIntake = z.object({
  items: z
    .array(
      z.object({
        flow: z.string().max(63),
        messageId: z.string().min(1).max(300).optional(),
        body: z.string().max(8_000_000),
        bodyEncoding: z.enum(['utf8', 'base64']).default('utf8'),
        contentType: z.string().max(200).default('application/json'),
        headers: z
          .array(z.tuple([z.string().max(200), z.string().max(8000)]))
          .max(200)
          .default([]),
        key: z.string().max(1000).optional(),
        failedAt: Instant.optional(),
        errorType: z.string().max(300).default(''),
        errorMessage: z.string().max(4000).default(''),
        stack: z.string().max(32_000).default(''),
        traceId: z
          .string()
          .regex(/^[0-9a-f]{32}$/)
          .optional(),
        spanId: z
          .string()
          .regex(/^[0-9a-f]{16}$/)
          .optional(),
        keys: z.array(z.string().max(300)).max(50).default([]),
      }),
    )
    .min(1)
    .max(1000),
});
export const DeadLetterReceipts = z.object({
  items: z.array(z.object({ id: z.string(), /** It was here already. */ known: z.boolean() })),
});

/** One change of many. All that the filter names is changed, or nothing. */
export const DeadLetterAction = z.object({
  filter: DeadLetterFilter,
  /** Set for one message that was looked at: refused with `conflict` when it changed since. */
  revision: z.int().optional(),
  action: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('acknowledge') }),
    z.object({ kind: z.literal('reopen') }),
    z.object({ kind: z.literal('resolve'), reason: z.string().min(3).max(500) }),
    z.object({ kind: z.literal('ignore'), reason: z.string().min(3).max(500) }),
    z.object({ kind: z.literal('release'), reason: z.string().min(3).max(500) }).openapi({
      description: 'Out of quarantine. Engineers only.',
    }),
    z.object({ kind: z.literal('assign'), person: z.string().nullable() }),
    z.object({
      kind: z.literal('tag'),
      add: z.array(z.string().min(1).max(60)).max(20).default([]),
      remove: z.array(z.string()).max(20).default([]),
    }),
    z.object({ kind: z.literal('snooze'), until: Instant.nullable() }),
    z.object({ kind: z.literal('archive') }),
    z.object({ kind: z.literal('restore') }),
  ]),
});
export const DeadLetterActionResult = z.object({
  changed: z.int(),
  /** In a replay, or not in a state that allows it. */
  skipped: z.int(),
  /** Set when they are too many to be changed at once: it is worked off in the background. */
  bulk: DeadLetterBulk.nullable(),
});

export const NewNote = z.object({
  text: z.string().min(1).max(4000),
  /** Of one message, or of a cause of a flow. */
  on: z.union([z.object({ deadLetter: z.guid() }), z.object({ flow: z.string(), cause: z.string() })]),
});
