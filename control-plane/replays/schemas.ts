import { z } from '@hono/zod-openapi';
import { isTooDeep } from '../dead-letters/nesting.ts';
import { DeadLetterFilter } from '../dead-letters/schemas.ts';
import { Instant } from '../flows/schemas.ts';
import { PageQuery } from '../paging.ts';
import { Money } from '../transactions/schemas.ts';

/** `previewed`: frozen, nothing was asked for yet. `halted`: it stopped itself. */
export const ReplayState = z.enum([
  'previewed',
  'awaiting_approval',
  'scheduled',
  'running',
  'paused',
  'halted',
  'finished',
  'cancelled',
  'rejected',
]);
export type ReplayState = z.infer<typeof ReplayState>;

/** Any JSON. */
const PatchValue = z
  .unknown()
  .refine((value) => value !== undefined, 'write the value')
  .refine((value) => !isTooDeep(value), 'lists and objects stand in each other too deep')
  .openapi({ description: 'Any JSON value' });

export const PatchOperation = z.discriminatedUnion('op', [
  z.object({ op: z.literal('add'), path: z.string().max(300), value: PatchValue }),
  z.object({ op: z.literal('replace'), path: z.string().max(300), value: PatchValue }),
  z.object({ op: z.literal('remove'), path: z.string().max(300) }),
  z.object({ op: z.literal('test'), path: z.string().max(300), value: PatchValue }),
  z.object({ op: z.literal('move'), path: z.string().max(300), from: z.string().max(300) }),
  z.object({ op: z.literal('copy'), path: z.string().max(300), from: z.string().max(300) }),
]);

/** Asks for a preview: freezes what the filter names now. Nothing is sent. */
export const NewReplay = z.object({
  /** Must name one flow, by `flow` or by `ids` that are all of one. */
  filter: DeadLetterFilter,
  reason: z.string().min(3).max(500),
  /** One of the destinations that the flow's policy allows; default: the policy's. */
  destination: z.string().max(300).optional(),
  patch: z.array(PatchOperation).min(1).max(100).optional(),
  /** Of one message that was looked at: an edit is refused when it changed since. */
  revision: z.int().optional(),
  perSecond: z.number().positive().max(100_000).optional(),
  stages: z.array(z.int().min(1)).max(10).optional(),
  haltRatio: z.number().min(0).max(1).optional(),
  scheduledFor: Instant.optional(),
  /** Sends although a newer version was applied, or out of quarantine. Engineers only. */
  force: z
    .object({
      superseded: z.boolean().default(false),
      quarantined: z.boolean().default(false),
      reason: z.string().min(3).max(500),
    })
    .optional(),
});
export type NewReplay = z.infer<typeof NewReplay>;

/** What would happen, as it was when the manifest was frozen. */
export const ReplayPreview = z.object({
  /** Messages in the manifest. */
  items: z.int(),
  /** Found by the filter but left out, by reason: held by another replay, settled, quarantined. */
  leftOut: z.array(z.object({ reason: z.string(), count: z.int() })),
  causes: z.array(z.object({ cause: z.string(), count: z.int() })),
  /** Systems that will be reached, and those behind them on processes of the entity. */
  systems: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      exposure: z.string(),
      role: z.enum(['target', 'downstream', 'observer']),
    }),
  ),
  /** Others who read the destination, from the catalog and from telemetry. */
  otherConsumers: z.array(z.string()),
  businessKeys: z.int(),
  keySamples: z.array(z.string()),
  values: z.array(Money),
  oldestAt: Instant,
  newestAt: Instant,
  bytes: z.int(),
  /** Messages whose key has succeeded since with another message: they would be skipped. */
  superseded: z.object({
    count: z.int(),
    examined: z.int(),
    samples: z.array(z.object({ deadLetterId: z.string(), key: z.string(), by: z.string() })),
  }),
  /** Messages whose own success was seen in telemetry since: sending would do it twice. */
  duplicates: z.object({
    count: z.int(),
    examined: z.int(),
    samples: z.array(z.object({ deadLetterId: z.string(), messageId: z.string() })),
  }),
  /** The edit tried on the messages: how many it fits, and where it does not. */
  edit: z
    .object({
      applied: z.int(),
      refused: z.int(),
      examined: z.int(),
      errors: z.array(z.object({ deadLetterId: z.string(), path: z.string(), message: z.string() })),
    })
    .nullable(),
  /** What the destination promises, probed. */
  promises: z.object({
    durable: z.enum(['yes', 'no', 'unknown']),
    note: z.string(),
    reachable: z.boolean(),
    /** How long it drops a second send under one deduplication id; null: it does not. */
    deduplicatesForMs: z.int().nullable().default(null),
  }),
  /** Messages of a key of which an older one, outside of this replay, is not settled: its order would be turned round. */
  outOfOrder: z
    .object({
      count: z.int(),
      examined: z.int(),
      samples: z.array(z.object({ deadLetterId: z.string(), key: z.string(), after: z.string() })),
    })
    .optional(),
  warnings: z.array(z.string()),
  tookMs: z.number(),
});
export type ReplayPreview = z.infer<typeof ReplayPreview>;

/** Always adds up to `items`. `pending` holds what waits, is being sent, or was sent and not yet confirmed. */
export const ReplayCounts = z.object({
  items: z.int(),
  confirmed: z.int(),
  refailed: z.int(),
  skipped: z.int(),
  unknown: z.int(),
  cancelled: z.int(),
  pending: z.int(),
  /** Part of `pending`: accepted by the transport, not yet confirmed by the consumer. */
  awaitingConfirmation: z.int(),
});

const Decision = z.object({ id: z.string(), name: z.string(), at: Instant });

export const ReplaySummary = z
  .object({
    id: z.string(),
    flow: z.string(),
    flowTitle: z.string(),
    state: ReplayState,
    reason: z.string(),
    destination: z.string(),
    edited: z.boolean(),
    counts: ReplayCounts,
    requestedBy: Decision,
    decidedBy: Decision.nullable(),
    needsApproval: z.boolean(),
    scheduledFor: Instant.nullable(),
    startedAt: Instant.nullable(),
    finishedAt: Instant.nullable(),
    haltedWhy: z.string().nullable(),
    revision: z.int(),
  })
  .openapi('Replay');
export type ReplaySummary = z.infer<typeof ReplaySummary>;

export const ReplayList = z.object({ items: z.array(ReplaySummary), nextCursor: z.string().nullable() });
export const ReplayQuery = PageQuery.extend({
  flow: z.string().max(63).optional(),
  state: z
    .union([z.string(), z.array(z.string())])
    .transform((value) => (typeof value === 'string' ? value.split(',') : value))
    .pipe(z.array(ReplayState).max(9))
    .optional(),
});

export const ReplayDetail = ReplaySummary.extend({
  filter: z.record(z.string(), z.unknown()),
  /** SHA-256 of the frozen ids and payload hashes, hexadecimal. */
  manifestHash: z.string(),
  approvalHash: z.string(),
  patch: z.array(PatchOperation).nullable(),
  perSecond: z.number(),
  stages: z.array(z.object({ size: z.int(), state: z.enum(['waiting', 'running', 'passed', 'halted']) })),
  haltRatio: z.number(),
  serial: z.boolean(),
  force: z.object({ superseded: z.boolean(), quarantined: z.boolean(), reason: z.string() }).nullable(),
  confirmWithinMs: z.int(),
  preview: ReplayPreview,
  /** Sends of the last minute, one count for each second, oldest first. */
  pace: z.array(z.int()),
  /** What the present person may do with it now. */
  may: z.array(z.enum(['start', 'submit', 'approve', 'reject', 'pause', 'resume', 'cancel'])),
  /** Why an expected action is missing, such as "Whoever asked cannot approve". */
  mayNot: z.array(z.object({ action: z.string(), why: z.string() })),
});
export type ReplayDetail = z.infer<typeof ReplayDetail>;

export const ReplayItemState = z.enum([
  'pending',
  'sending',
  'sent',
  'confirmed',
  'refailed',
  'skipped',
  'unknown',
  'cancelled',
]);
export const ReplayItem = z.object({
  position: z.int(),
  deadLetterId: z.string(),
  messageId: z.string(),
  key: z.string().nullable(),
  state: ReplayItemState,
  generation: z.int().nullable(),
  sentAt: Instant.nullable(),
  settledAt: Instant.nullable(),
  proof: z.string().nullable(),
  reason: z.string().nullable(),
  traceId: z.string().nullable(),
  spanId: z.string().nullable(),
  /**
   * Of a pending message: the replay that has an earlier message of its key under way or to send first. `position`: the place of
   * that message, where the replay is this one.
   */
  waitsFor: z.object({ replayId: z.string(), position: z.int().nullable() }).nullable(),
});
export type ReplayItem = z.infer<typeof ReplayItem>;
export const ReplayItems = z.object({ items: z.array(ReplayItem), nextCursor: z.string().nullable() });

/** `POST /replays/{id}/{submit|start|approve|reject|pause|resume|cancel}`: all take this. */
export const ReplayDecision = z.object({
  revision: z.int(),
  /** Needed by `approve`: what was looked at. Another hash is refused with `conflict`. */
  approvalHash: z.string().length(64).optional(),
  reason: z.string().max(500).optional(),
});
export type ReplayDecision = z.infer<typeof ReplayDecision>;

/** Sends messages of unknown outcome again, to a target that drops the second of two by itself. */
export const ReplayResend = z.object({
  /** Places in the manifest; default: all that are unknown, as many as the pace allows in a second. */
  positions: z.array(z.int().min(0)).min(1).max(500).optional(),
  reason: z.string().min(3).max(500),
});
export type ReplayResend = z.infer<typeof ReplayResend>;
export const ReplayResent = z.object({
  /** Kept by the target now, once: they wait for their consumer's word. */
  accepted: z.int(),
  stillUnknown: z.int(),
  /** Not sent again, by reason. */
  leftOut: z.array(z.object({ reason: z.string(), count: z.int() })),
});
export type ReplayResent = z.infer<typeof ReplayResent>;

export const ReplayItemQuery = PageQuery.extend({ state: ReplayItemState.optional() });
export const ReplayParam = z.object({ id: z.uuid() });
export const ReplayItemParam = ReplayParam.extend({
  position: z.coerce.number().int().min(0).max(10_000_000),
});

/** What a person found out of an ambiguous send. */
export const UnknownVerdict = z.object({
  verdict: z.enum(['delivered', 'not_delivered']),
  reason: z.string().min(3).max(500),
});
export type UnknownVerdict = z.infer<typeof UnknownVerdict>;
