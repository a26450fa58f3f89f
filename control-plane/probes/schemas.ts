import { z } from '@hono/zod-openapi';

const instant = z.iso.datetime();

/** One look of a probe. */
export const ProbeRun = z
  .object({
    at: instant,
    /** `passed` and `failed` judge the target; `error` and `timeout` say that nothing could be judged. */
    outcome: z.enum(['passed', 'failed', 'error', 'timeout']),
    durationMs: z.number(),
    /** The condition that did not hold; empty: none. */
    failedCondition: z.string(),
    why: z.string(),
    /** Numbers that were found: seconds, bytes or counts. */
    measures: z.record(z.string(), z.number()),
    traceId: z.string(),
  })
  .openapi('ProbeRun');
export type ProbeRun = z.infer<typeof ProbeRun>;

/** A probe of the catalog, and what it found lately. */
export const ProbeView = z
  .object({
    name: z.string(),
    title: z.string(),
    description: z.string(),
    kind: z.string(),
    system: z.string(),
    flow: z.string().nullable(),
    everyMs: z.int(),
    conditions: z.array(z.string()),
    /** `silent`: it should have run and has not, so nobody looks. */
    state: z.enum(['passing', 'failing', 'unjudged', 'silent', 'never']),
    last: ProbeRun.nullable(),
    /** Of the range. */
    runs: z.int(),
    passed: z.int(),
    durationP95Ms: z.number().nullable(),
  })
  .openapi('Probe');
export type ProbeView = z.infer<typeof ProbeView>;

export const Range = z.object({ from: instant, to: instant });
export const ProbeList = z.object({ range: Range, items: z.array(ProbeView) });
export const ProbeDetail = z.object({ range: Range, probe: ProbeView, runs: z.array(ProbeRun) });
export type ProbeList = z.infer<typeof ProbeList>;
export type ProbeDetail = z.infer<typeof ProbeDetail>;
export const ProbeParam = z.object({ name: z.string().min(1).max(200) });
