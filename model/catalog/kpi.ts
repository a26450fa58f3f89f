import { z } from 'zod';
import { Duration, EventName, Name, TimeZone } from './name.ts';

const Event = EventName.max(120);
const Attribute = z.string().regex(/^[A-Za-z][\w.-]{0,119}$/, 'write the name of an attribute or field');
const share = z.number().min(0).max(1);
const words = z.string().min(1).max(120);

/** What the rows of a KPI are told apart by, to find who contributes most to a miss. */
const Contributor = z.discriminatedUnion('of', [
  z.strictObject({ title: words, of: z.literal('system').describe('The system that told of the beginning') }),
  z.strictObject({ title: words, of: z.literal('key'), entity: z.string().min(1).max(63) }),
  z.strictObject({ title: words, of: z.literal('attribute'), event: Event, attribute: Attribute }),
]);
export type Contributor = z.infer<typeof Contributor>;

/** From one event of an entity to another one, and how long that may take. */
const elapsed = {
  entity: z.string().min(1).max(63).describe('Entity whose key joins the two events'),
  from: Event,
  to: Event,
  system: Name.describe('System that tells of the second event'),
  within: Duration,
  calendar: Name.optional().describe('Calendar in whose open time it elapses. Default: all hours'),
  contributors: z.array(Contributor).max(4).default([]),
};
export const ElapsedMeasure = z.object(elapsed);
export type ElapsedMeasure = z.infer<typeof ElapsedMeasure>;

const StockAccuracy = z.strictObject({
  kind: z.literal('stock-accuracy'),
  entity: z.string().min(1).max(63),
  actual: Name.describe('System that counts the goods'),
  book: Name.describe('System that keeps the books'),
  quantity: Attribute.describe('Field of both records'),
  unitCost: Attribute.optional().describe("Field of the book's record; without it nothing is said of value"),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'write an ISO 4217 code such as USD')
    .optional(),
  class: Attribute.optional().describe("Field of the book's record that holds the class"),
  tolerances: z
    .record(z.string().regex(/^[A-Za-z0-9]{1,10}$/, 'write a short class such as A'), share)
    .default({ A: 0.01, B: 0.03, C: 0.05 })
    .describe('How far a record may be off, by class; a record without a class has the narrowest'),
  parts: z
    .strictObject({ separator: z.string().min(1).max(3), titles: z.array(words).min(2).max(3) })
    .optional()
    .describe('How an id names what is stored where, as SKU@warehouse: contributors are found by these'),
  inFlight: z
    .strictObject({
      from: Event,
      to: Event,
      entity: z.string().min(1).max(63),
      quantity: Attribute,
      within: Duration,
    })
    .optional()
    .describe('Movements that the book cannot know yet: counted apart'),
});

/** What a KPI measures; one kind for each of the eight. */
export const KpiMeasure = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('order-latency'), ...elapsed }),
  StockAccuracy,
  z.strictObject({ kind: z.literal('invoice-timeliness'), ...elapsed }),
  z.strictObject({
    kind: z.literal('failed-messages'),
    flows: z.array(Name).min(1).max(500).optional().describe('Default: all'),
    settleAfter: Duration.default('1h').describe('A failure that nothing follows for so long is final'),
  }),
  z.strictObject({ kind: z.literal('findings') }),
  z.strictObject({
    kind: z.literal('api-performance'),
    flows: z.array(Name).min(1).max(500).optional().describe('Default: all that travel over HTTP'),
    satisfied: Duration.default('500ms').describe('T of Apdex; four times as long is tolerated'),
  }),
  z.strictObject({
    kind: z.literal('workflow-adherence'),
    workflows: z
      .array(z.strictObject({ process: Name, within: Duration, calendar: Name.optional() }))
      .min(1)
      .max(50),
  }),
  z.strictObject({
    kind: z.literal('repair-time'),
    severities: z
      .array(z.enum(['page', 'ticket']))
      .min(1)
      .max(2)
      .default(['page', 'ticket']),
  }),
]);
export type KpiMeasure = z.infer<typeof KpiMeasure>;
export type KpiKind = KpiMeasure['kind'];
export type MeasureOf<Kind extends KpiKind> = Extract<KpiMeasure, { kind: Kind }>;

const Target = z.union([
  z.strictObject({ atLeast: share }),
  z.strictObject({ atMost: share }),
  z.strictObject({ within: Duration }),
]);
export type KpiTarget = z.infer<typeof Target>;

export const KpiSpec = z.strictObject({
  description: z.string().max(2000).optional(),
  owner: z.string().min(1).max(120).optional(),
  timeZone: TimeZone.default('UTC').describe('Its days, weeks and months are those of this zone'),
  target: Target.optional().describe('Default: what is usual for its kind'),
  measure: KpiMeasure,
});

/** A KPI of the catalog, with the target that counts. */
export interface Kpi extends Omit<z.output<typeof KpiSpec>, 'target'> {
  readonly name: string;
  readonly title: string;
  readonly target: KpiTarget;
}

export const periods = ['day', 'week', 'month'] as const;
export const Period = z.enum(periods);
export type Period = z.infer<typeof Period>;

export const KpiReportSpec = z.strictObject({
  period: Period.describe('A report on each whole day, week or month, sent after its end'),
  at: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, "write a time of day of 24 hours in quotes, such as '07:00'")
    .default('07:00'),
  timeZone: TimeZone.default('UTC'),
  channel: Name.describe('E-mail channel of the installation; its readers get the report'),
  to: z
    .array(z.email('write an address such as cfo@distributor.example'))
    .min(1)
    .max(50)
    .optional()
    .describe("Readers instead of the channel's own"),
});

/** A mail on all KPIs that goes out once a period. */
export interface KpiReport extends z.output<typeof KpiReportSpec> {
  readonly name: string;
  readonly title: string;
}

/** What is usual: most of what is promised is kept, and an outage is over within half a working day. */
export const usualTargets: Readonly<Record<KpiKind, KpiTarget>> = {
  'order-latency': { atLeast: 0.99 },
  'stock-accuracy': { atLeast: 0.97 },
  'invoice-timeliness': { atLeast: 0.98 },
  'failed-messages': { atMost: 0.005 },
  findings: { atMost: 0.001 },
  'api-performance': { atLeast: 0.94 },
  'workflow-adherence': { atLeast: 0.95 },
  'repair-time': { within: '4h' },
};
