import { z } from '@hono/zod-openapi';

/** ISO 8601 instant in UTC. */
export const Instant = z.iso.datetime();

/**
 * What a flow's figures say of it. `idle`: nothing to judge; `silent`: sent to but not heard from; `recovered`: its
 * window still holds a trouble, which is over.
 */
export const Health = z.enum(['healthy', 'recovered', 'degraded', 'failing', 'silent', 'idle']);
export type Health = z.infer<typeof Health>;

export const Range = z.object({ from: Instant, to: Instant });

/** Counts and percentiles of one flow over a range. Ratios are null when there is nothing to divide. */
export const FlowFigures = z.object({
  /** Messages sent by the source. */
  sent: z.int(),
  /** Attempts of any outcome: those that the target made, and sends that failed before they came to it. */
  processed: z.int(),
  delivered: z.int(),
  failed: z.int(),
  deadLettered: z.int(),
  discarded: z.int(),
  /** Attempts after the first. */
  retried: z.int(),
  /** Sent without an error and not seen at the target: waiting in the transport, or lost. Never below zero. */
  backlog: z.int(),
  failedRatio: z.number().nullable(),
  ratePerMinute: z.number().nullable(),
  durationP50Ms: z.number().nullable(),
  durationP95Ms: z.number().nullable(),
  durationP99Ms: z.number().nullable(),
  /** From the send to the end of processing, where the sender says when it sent. */
  delayP50Ms: z.number().nullable(),
  delayP95Ms: z.number().nullable(),
  delayP99Ms: z.number().nullable(),
  lastSentAt: Instant.nullable(),
  lastProcessedAt: Instant.nullable(),
});

/** One slot of a series. Null figures: no message in that slot. */
export const FlowPoint = z.object({
  at: Instant,
  sent: z.int(),
  processed: z.int(),
  failed: z.int(),
  retried: z.int(),
  durationP50Ms: z.number().nullable(),
  durationP95Ms: z.number().nullable(),
  durationP99Ms: z.number().nullable(),
  delayP95Ms: z.number().nullable(),
});

export const FlowSummary = z.object({
  name: z.string(),
  title: z.string(),
  source: z.string(),
  target: z.string(),
  entity: z.string(),
  transport: z.object({ kind: z.string(), destination: z.string() }),
  owner: z.string(),
  criticality: z.string(),
  /** False: messages name this flow, but the catalog does not. */
  declared: z.boolean(),
  health: Health,
  /** One sentence that says why the health is what it is. */
  reason: z.string(),
  /** Start of the present trouble, when there is one; when a recovered flow was last in trouble. */
  since: Instant.nullable(),
  figures: FlowFigures,
  /** Failed and processed attempts of equal slots of the range, oldest first, for a sparkline; none of a flow without any. */
  spark: z.array(z.object({ at: Instant, processed: z.int(), failed: z.int() })),
});
export type FlowSummary = z.infer<typeof FlowSummary>;

export const FlowList = z.object({ range: Range, items: z.array(FlowSummary) });

export const Cause = z.object({
  /** The side that told of it: a request that fails may be counted once by its sender and once by its receiver. */
  operation: z.enum(['send', 'process']),
  cause: z.string(),
  errorType: z.string(),
  outcome: z.string(),
  count: z.int(),
  firstAt: Instant,
  lastAt: Instant,
  example: z.object({ traceId: z.string(), spanId: z.string(), message: z.string() }),
});
export type Cause = z.infer<typeof Cause>;

export const FlowDetail = z.object({
  range: Range,
  /** Width of a slot of the series in seconds. */
  stepSeconds: z.int(),
  flow: FlowSummary.omit({ spark: true }).extend({
    description: z.string().nullable(),
    runbook: z.string().nullable(),
    match: z.array(z.record(z.string(), z.union([z.string(), z.array(z.string())]))),
    thresholds: z.object({
      failedRatioMax: z.number(),
      durationP95MaxMs: z.number(),
      silenceMaxMs: z.number(),
    }),
  }),
  series: z.array(FlowPoint),
  causes: z.array(Cause),
  /** Attempts by their number; 0 when the emitter does not say. */
  attempts: z.array(z.object({ attempt: z.int(), count: z.int() })),
});
export type FlowDetail = z.infer<typeof FlowDetail>;

export const Message = z.object({
  flow: z.string(),
  at: Instant,
  operation: z.enum(['send', 'receive', 'process', 'settle']),
  messageId: z.string(),
  attempt: z.int(),
  outcome: z.enum(['delivered', 'failed', 'retried', 'dead_lettered', 'discarded']),
  durationMs: z.number(),
  delayMs: z.number().nullable(),
  errorType: z.string(),
  errorMessage: z.string(),
  cause: z.string(),
  traceId: z.string(),
  spanId: z.string(),
  service: z.string(),
  destination: z.string(),
  keys: z.array(z.string()),
});
export type Message = z.infer<typeof Message>;

export const MessageList = z.object({ items: z.array(Message), nextCursor: z.string().nullable() });
