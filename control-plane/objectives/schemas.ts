import { z } from '@hono/zod-openapi';

const Burn = z.object({
  alert: z.object({
    severity: z.enum(['page', 'ticket']),
    threshold: z.number(),
    longMinutes: z.number(),
    shortMinutes: z.number(),
  }),
  longBurn: z.number().nullable(),
  shortBurn: z.number().nullable(),
  badEvents: z.number(),
  /** Share of the whole budget that the long window spent. */
  budgetShare: z.number(),
  /** Burns and passes the gate for low traffic. */
  holds: z.boolean(),
});

/** What an evaluation found. Null: nothing was counted, which is neither 0 nor 1. */
export const ObjectiveFigures = z.object({
  /** Why it neither fires nor resolves: what is measured is not enough to tell. */
  frozen: z.enum(['watermark', 'coverage']).nullable(),
  /** Share of the expected minutes that were heard. */
  coverage: z.number().nullable(),
  budget: z.object({
    good: z.number(),
    total: z.number(),
    /** Share of good. */
    indicator: z.number().nullable(),
    /** Share of the budget that is left; negative when overspent. */
    remaining: z.number().nullable(),
  }),
  /** Times as fast as the budget lasts. */
  burn: z.number().nullable(),
  exhaustionMinutes: z.number().nullable(),
  burns: z.array(Burn),
});
export type ObjectiveFigures = z.infer<typeof ObjectiveFigures>;

/** A target of the catalog, and how far it is kept. */
export const ObjectiveView = z
  .object({
    name: z.string(),
    title: z.string(),
    description: z.string(),
    service: z.string(),
    flow: z.string(),
    /** Share of good that is promised. */
    target: z.number(),
    window: z.string().openapi({ description: 'In words.', example: 'the last 30 days' }),
    calendar: z.string().nullable(),
    state: z.enum(['ok', 'warning', 'paging', 'stale', 'unknown']),
    figures: ObjectiveFigures.nullable(),
    evaluatedAt: z.iso.datetime().nullable(),
  })
  .openapi('Objective');
export type ObjectiveView = z.infer<typeof ObjectiveView>;

/** How an objective was kept lately, and what its rules would have told: the function that runs live, over the past. */
export const ObjectiveHistory = z
  .object({
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    stepSeconds: z.int(),
    points: z.array(
      z.object({
        at: z.iso.datetime(),
        /** Of the step that ends here. */
        total: z.number(),
        bad: z.number(),
        /** Share of the budget of the period that ends here; null: nothing was counted. */
        remaining: z.number().nullable(),
      }),
    ),
    backtest: z.object({
      /** In words: 4 pages, caught 3 of 4 incidents, median detection 6 min. */
      summary: z.string(),
      pages: z.int(),
      tickets: z.int(),
      frozenMinutes: z.int(),
      incidents: z.int(),
      caught: z.int(),
      detectionMinutesMedian: z.number().nullable(),
      alerts: z.array(
        z.object({
          severity: z.enum(['page', 'ticket']),
          kind: z.enum(['burn', 'stale']),
          startedAt: z.iso.datetime().nullable(),
          firedAt: z.iso.datetime(),
          resolvedAt: z.iso.datetime().nullable(),
        }),
      ),
    }),
  })
  .openapi('ObjectiveHistory');
export type ObjectiveHistory = z.infer<typeof ObjectiveHistory>;

export const HistoryQuery = z.object({ days: z.coerce.number().int().min(1).max(90).default(30) });

export const ObjectiveList = z.object({ items: z.array(ObjectiveView) });
export const ObjectiveParam = z.object({ name: z.string().min(1).max(255) });
