import { z } from '@hono/zod-openapi';
import { Period } from '@plumbline/model/catalog/kpi.ts';
import { Instant } from '../flows/schemas.ts';
import { PageQuery } from '../paging.ts';

const Ratio = z.number().nullable();
const Decimal = z.string().openapi({ description: 'A decimal number as text' });

export const KpiQuery = z.object({
  period: Period.default('day'),
  at: z.iso.date('write a date such as 2026-11-24').optional().openapi({
    description: "A date in the period, in the KPI's time zone. Default: today, or the period that goes on.",
  }),
});

export const KpiUnit = z.enum(['ratio', 'score', 'duration', 'quantity', 'money', 'count']);

export const KpiFigure = z.object({
  name: z.string(),
  title: z.string(),
  unit: KpiUnit.openapi({ description: 'A duration is in milliseconds' }),
  value: z.union([z.string(), z.number()]).nullable(),
  currency: z.string().optional(),
});

export const KpiContributor = z.object({
  by: z.string().openapi({ description: 'What rows are told apart by, as Customer' }),
  position: z.int(),
  value: z.string(),
  n: z.int(),
  /** What it adds to the misses, as a decimal. */
  missed: Decimal,
  /** Its own value of the KPI. */
  ratio: Ratio,
});

export const KpiStatus = z.enum(['met', 'missed', 'no_data', 'not_measured']);

/** One KPI over one period, with what it rests on. */
export const KpiTile = z.object({
  name: z.string(),
  title: z.string(),
  kind: z.string(),
  owner: z.string().nullable(),
  unit: z.enum(['ratio', 'score', 'duration']),
  higherIsBetter: z.boolean(),
  target: z.number().openapi({ description: 'A share, or milliseconds where the unit is a duration' }),
  status: KpiStatus,
  /** Why there is no value; null where there is one. */
  why: z.string().nullable(),
  value: Ratio,
  /** The sums of which the value is made. */
  numerator: Decimal,
  denominator: Decimal,
  n: z.int(),
  /** Hours in which the systems concerned were heard ÷ hours of the period so far; null where telemetry plays no part. */
  coverage: Ratio,
  /** Nothing later was known: what falls due after it is left out. */
  asOf: Instant.nullable(),
  previous: z.object({ value: Ratio, n: z.int(), date: z.string() }),
  series: z.array(z.object({ at: Instant, value: Ratio, n: z.int() })),
  figures: z.array(KpiFigure),
  worst: KpiContributor.nullable(),
  range: z.object({
    period: Period,
    timeZone: z.string(),
    date: z.iso.date(),
    from: Instant,
    to: Instant,
    previousDate: z.iso.date(),
    nextDate: z.iso.date(),
  }),
});
export type KpiTile = z.infer<typeof KpiTile>;

export const KpiList = z.object({ period: Period, items: z.array(KpiTile) }).openapi('KpiList');

export const KpiDetail = KpiTile.extend({
  description: z.string(),
  words: z.string(),
  formula: z.string(),
  previousFigures: z.array(KpiFigure),
  contributors: z.array(z.object({ by: z.string(), position: z.int(), items: z.array(KpiContributor) })),
}).openapi('Kpi');
export type KpiDetail = z.infer<typeof KpiDetail>;

export const KpiRowsQuery = KpiQuery.extend(PageQuery.shape).extend({
  only: z.enum(['all', 'missed']).default('all'),
  by: z.coerce.number().int().min(1).max(10).optional().openapi({ description: 'Position of a contributor' }),
  value: z.string().max(300).optional().openapi({ description: 'Its value; both or neither' }),
});

export const KpiRow = z.object({
  id: z.string(),
  /** Business key of what the row is about, or empty. */
  subject: z.string(),
  at: Instant,
  numerator: Decimal,
  denominator: Decimal,
  measureMs: z.number().nullable(),
  verdict: z.string(),
  missed: z.boolean(),
  contributors: z.array(z.object({ by: z.string(), value: z.string() })),
  facts: z.array(
    z.object({
      title: z.string(),
      type: z.enum(['instant', 'quantity', 'money', 'duration', 'text']),
      value: z.string(),
    }),
  ),
});
export type KpiRow = z.infer<typeof KpiRow>;

/** Rows of a period, newest first. Those of all pages sum to the numerator and the denominator of the tile. */
export const KpiRows = z
  .object({ items: z.array(KpiRow), nextCursor: z.string().nullable() })
  .openapi('KpiRows');
export type KpiRows = z.infer<typeof KpiRows>;

export const KpiParam = z.object({ name: z.string().max(63) });

export const KpiReportView = z.object({
  name: z.string(),
  title: z.string(),
  period: Period,
  at: z.string(),
  timeZone: z.string(),
  channel: z.string(),
  /** Why nothing is sent; null when all is well. */
  why: z.string().nullable(),
  lastSent: z.object({ date: z.iso.date(), at: Instant, outcome: z.string(), reason: z.string() }).nullable(),
  nextAt: Instant,
});
/** The mail exactly as it goes out. */
export const KpiReportMail = z
  .object({ subject: z.string(), to: z.array(z.string()), html: z.string(), text: z.string() })
  .openapi('KpiReportMail');

export const KpiReportList = z.object({ items: z.array(KpiReportView) }).openapi('KpiReportList');
