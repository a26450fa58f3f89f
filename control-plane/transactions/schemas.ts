import { z } from '@hono/zod-openapi';
import { Instant, Message, Range } from '../flows/schemas.ts';

/** `late`: a due milestone is missing or was reached after its deadline and the run is not complete. */
export const TransactionState = z.enum(['on_track', 'late', 'completed', 'completed_late']);
export type TransactionState = z.infer<typeof TransactionState>;

/** `reached_late` and `overdue` broke their deadline; `due` and `waiting` are in time; `skipped` is optional. */
export const MilestoneState = z.enum(['reached', 'reached_late', 'overdue', 'due', 'waiting', 'skipped']);

export const Money = z.object({ amount: z.string(), currency: z.string() });

export const TransactionSummary = z.object({
  process: z.string(),
  processTitle: z.string(),
  /** Key of the lead entity, as in `order:SO-1001`. */
  key: z.string(),
  state: TransactionState,
  startedAt: Instant,
  lastAt: Instant,
  reached: z.int(),
  total: z.int(),
  /** The first overdue milestone, else the next that is waited for. */
  waitingFor: z
    .object({
      name: z.string(),
      title: z.string(),
      system: z.string(),
      dueAt: Instant.nullable(),
      /** Why there is no deadline; null where there is one. */
      noDueWhy: z.string().nullable(),
    })
    .nullable(),
  value: Money.nullable(),
});
export type TransactionSummary = z.infer<typeof TransactionSummary>;

export const TransactionList = z.object({
  range: Range,
  items: z.array(TransactionSummary),
  nextCursor: z.string().nullable(),
});

export const MilestoneView = z.object({
  name: z.string(),
  title: z.string(),
  event: z.string(),
  system: z.string(),
  optional: z.boolean(),
  state: MilestoneState,
  at: Instant.nullable(),
  dueAt: Instant.nullable(),
  /** Why there is no deadline; null where there is one, or nothing is waited for. */
  noDueWhy: z.string().nullable(),
  /** Things it was reached for, such as two shipments of one order; `of` is how many its deadline counts from. */
  parts: z.object({ reached: z.int(), of: z.int() }).nullable(),
  /** Positive: after the deadline. */
  lateByMs: z.number().nullable(),
  traceId: z.string().nullable(),
});

export const BusinessEvent = z.object({
  at: Instant,
  event: z.string(),
  key: z.string(),
  keys: z.array(z.string()),
  system: z.string(),
  service: z.string(),
  sequence: z.int().nullable(),
  traceId: z.string(),
  spanId: z.string(),
  attributes: z.record(z.string(), z.string()),
});

export const RecordView = z.object({
  system: z.string(),
  version: z.string(),
  at: Instant,
  deleted: z.boolean(),
  fields: z.record(z.string(), z.string()),
});

/** What each system believes of one entity, side by side, with the fields in which they differ. */
export const RecordComparison = z.object({
  key: z.string(),
  records: z.array(RecordView),
  fields: z.array(
    z.object({
      field: z.string(),
      authority: z.string().nullable(),
      agree: z.boolean(),
      masked: z.boolean(),
    }),
  ),
});

export const Transaction = z.object({
  /** The key that was asked for. */
  requested: z.string(),
  /** Null when no process is led by any linked key: the keys are then shown without milestones. */
  summary: TransactionSummary.nullable(),
  keys: z.array(
    z.object({ key: z.string(), entity: z.string(), firstAt: Instant, lastAt: Instant, lead: z.boolean() }),
  ),
  systems: z.array(z.string()),
  milestones: z.array(MilestoneView),
  events: z.array(BusinessEvent),
  messages: z.array(Message),
  records: z.array(RecordComparison),
  traces: z.array(
    z.object({
      traceId: z.string(),
      startAt: Instant,
      durationMs: z.number(),
      spans: z.int(),
      errors: z.int(),
      name: z.string(),
      services: z.array(z.string()),
    }),
  ),
  /** True when a bound cut any of the lists. */
  truncated: z.boolean(),
});
export type Transaction = z.infer<typeof Transaction>;
