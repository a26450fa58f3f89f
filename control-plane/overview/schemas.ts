import { z } from '@hono/zod-openapi';
import { Cause, FlowSummary, Health, Instant, Range } from '../flows/schemas.ts';

/** The first page: what is broken, since when, and what it holds up. */
export const Overview = z.object({
  range: Range,
  stepSeconds: z.int(),
  /** Newest telemetry that the store holds; null before the first. */
  newestAt: Instant.nullable(),
  flowsByHealth: z.record(Health, z.int()),
  totals: z.object({
    sent: z.int(),
    processed: z.int(),
    failed: z.int(),
    retried: z.int(),
    deadLettered: z.int(),
    failedRatio: z.number().nullable(),
  }),
  series: z.array(z.object({ at: Instant, processed: z.int(), failed: z.int() })),
  /** Declared flows, worst first. */
  flows: z.array(FlowSummary),
  causes: z.array(Cause.extend({ flow: z.string() })),
  /** From when on runs are counted: a week before the end of the range, or its start when that is earlier. */
  runsFrom: Instant,
  /** One row a process: runs that began since `runsFrom`, by state. */
  processes: z.array(
    z.object({
      process: z.string(),
      title: z.string(),
      total: z.int(),
      completed: z.int(),
      onTrack: z.int(),
      late: z.int(),
      lateValue: z.array(z.object({ amount: z.string(), currency: z.string() })),
    }),
  ),
});
export type Overview = z.infer<typeof Overview>;
