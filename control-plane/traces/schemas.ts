import { z } from '@hono/zod-openapi';
import { Instant } from '../flows/schemas.ts';

const Attributes = z.record(z.string(), z.string());

export const SpanLink = z.object({
  traceId: z.string(),
  spanId: z.string(),
  attributes: Attributes,
  /** `outgoing`: this span names the other; `incoming`: the other names this one. */
  direction: z.enum(['outgoing', 'incoming']),
});

export const Span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string(),
  name: z.string(),
  kind: z.string(),
  service: z.string(),
  system: z.string(),
  startAt: z.iso.datetime({ precision: 9 }).or(Instant),
  /** Offset from the start of the trace; microseconds are kept as decimals. */
  offsetMs: z.number(),
  durationMs: z.number(),
  status: z.enum(['Unset', 'Ok', 'Error']),
  statusMessage: z.string(),
  flow: z.string().nullable(),
  keys: z.array(z.string()),
  attributes: Attributes,
  resource: Attributes,
  events: z.array(
    z.object({ at: z.string(), offsetMs: z.number(), name: z.string(), attributes: Attributes }),
  ),
  links: z.array(SpanLink),
});
export type Span = z.infer<typeof Span>;

export const LogLine = z.object({
  at: Instant,
  severity: z.string(),
  service: z.string(),
  spanId: z.string(),
  eventName: z.string(),
  body: z.string(),
  attributes: Attributes,
});

export const Trace = z.object({
  traceId: z.string(),
  startAt: Instant,
  durationMs: z.number(),
  services: z.array(z.string()),
  errors: z.int(),
  /** In display order: parents before children, siblings by start. */
  spans: z.array(Span),
  logs: z.array(LogLine),
  /** Traces joined by links, one hop away, with what they are about. */
  linked: z.array(z.object({ traceId: z.string(), name: z.string(), service: z.string(), startAt: Instant })),
  keys: z.array(z.string()),
  truncated: z.boolean(),
});
export type Trace = z.infer<typeof Trace>;
