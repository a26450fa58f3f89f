import { z } from 'zod';
import { Calendar } from './calendar.ts';
import { Name, TimeZone } from './name.ts';
import { KpiReportSpec, KpiSpec } from './kpi.ts';
import { ProbeSpec } from './probe.ts';

/** `duration-shorthand` of OpenSLO v1: a whole number and one unit; `m` are minutes and `M` months. */
export const DurationShorthand = z
  .string()
  .regex(/^[1-9]\d{0,5}[mhdwMQY]$/, 'write a number and one of m, h, d, w, M, Q, Y, such as 30d or 1M');

const title = z.string().min(1).max(120);
const description = z.string().max(1050).optional();
const apiVersion = z.literal('openslo/v1');
const reference = z.string().min(1).max(255);

const Metadata = z.strictObject({
  name: Name,
  displayName: title.optional(),
  labels: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
  annotations: z
    .record(z.string(), z.string())
    .optional()
    .describe('Settings that OpenSLO has no word for stand here, as plumbline/calendar: warehouse'),
});

const MetricSource = z.strictObject({
  metricSource: z.strictObject({
    metricSourceRef: reference.optional(),
    type: z.string().min(1).max(120).optional().describe('Plumbline reads its own rollups only: Plumbline'),
    spec: z.record(z.string(), z.unknown()),
  }),
});

/** What a metric source of type Plumbline counts: messages of one flow, from its rollup. */
export const FlowMetric = z.strictObject({
  flow: Name,
  operation: z
    .enum(['process', 'send'])
    .default('process')
    .describe('Whose attempts count: the consumer, with sends that never reached it, or the sender'),
  count: z
    .enum(['all', 'succeeded', 'failed', 'dead-lettered'])
    .describe('all for total; succeeded for good; failed or dead-lettered for bad'),
});
export type FlowMetric = z.infer<typeof FlowMetric>;

const RatioMetric = z.strictObject({
  counter: z.boolean().optional(),
  good: MetricSource.optional(),
  bad: MetricSource.optional(),
  total: MetricSource.optional(),
  rawType: z.enum(['success', 'failure']).optional(),
  raw: MetricSource.optional(),
});

const IndicatorSpec = z.strictObject({
  description,
  ratioMetric: RatioMetric.optional(),
  thresholdMetric: MetricSource.optional(),
});
export type IndicatorSpec = z.infer<typeof IndicatorSpec>;

const TimeWindow = z.strictObject({
  duration: DurationShorthand,
  isRolling: z.boolean().optional(),
  calendar: z
    .strictObject({
      startTime: z
        .string()
        .regex(
          /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2})?$/,
          'write date and time without zone, such as 2026-01-01 00:00:00',
        ),
      timeZone: TimeZone,
    })
    .optional(),
});
export type TimeWindow = z.infer<typeof TimeWindow>;

const ratio = z.number().gt(0).lt(1);

const Target = z.strictObject({
  displayName: title.optional(),
  op: z.enum(['lte', 'gte', 'lt', 'gt']).optional(),
  value: z.number().optional(),
  target: ratio.optional(),
  targetPercent: z.number().gt(0).lt(100).optional(),
  timeSliceTarget: z.number().gt(0).lte(1).optional(),
  timeSliceWindow: z.union([z.int().min(1).max(1440), DurationShorthand]).optional(),
});
export type Target = z.infer<typeof Target>;

const ConditionSpec = z.strictObject({
  description,
  severity: z.string().min(1).max(60).describe('page or ticket'),
  condition: z.strictObject({
    kind: z.literal('burnrate').default('burnrate'),
    op: z.enum(['gt', 'gte', 'lt', 'lte']).optional(),
    threshold: z.number().gt(0),
    lookbackWindow: DurationShorthand,
    alertAfter: z.union([z.literal('0m'), DurationShorthand]).default('0m'),
  }),
});
const InlineCondition = z.strictObject({
  apiVersion: apiVersion.optional(),
  kind: z.literal('AlertCondition'),
  metadata: Metadata,
  spec: ConditionSpec,
});
export type InlineCondition = z.infer<typeof InlineCondition>;

const NotificationTargetSpec = z.strictObject({ description, target: z.string().min(1).max(200) });

const PolicySpec = z.strictObject({
  description,
  alertWhenBreaching: z.boolean().optional(),
  alertWhenResolved: z.boolean().optional(),
  alertWhenNoData: z.boolean().optional(),
  conditions: z
    .array(z.union([z.strictObject({ conditionRef: reference }), InlineCondition]))
    .min(1)
    .max(10),
  notificationTargets: z
    .array(
      z.union([
        z.strictObject({ targetRef: reference }),
        z.strictObject({
          apiVersion: apiVersion.optional(),
          kind: z.literal('AlertNotificationTarget'),
          metadata: Metadata,
          spec: NotificationTargetSpec,
        }),
      ]),
    )
    .max(20)
    .optional(),
});
const InlinePolicy = z.strictObject({
  apiVersion: apiVersion.optional(),
  kind: z.literal('AlertPolicy'),
  metadata: Metadata,
  spec: PolicySpec,
});
export type InlinePolicy = z.infer<typeof InlinePolicy>;

const SloSpec = z.strictObject({
  description,
  service: reference,
  indicator: z.strictObject({ metadata: Metadata, spec: IndicatorSpec }).optional(),
  indicatorRef: reference.optional(),
  timeWindow: z.array(TimeWindow).min(1).max(1).optional().describe('Default: 30d, rolling'),
  budgetingMethod: z.enum(['Occurrences', 'Timeslices', 'RatioTimeslices']),
  objectives: z.array(Target).min(1).max(10),
  alertPolicies: z
    .array(z.union([reference, z.strictObject({ alertPolicyRef: reference }), InlinePolicy]))
    .max(10)
    .optional()
    .describe('Default: the four multi-window pairs of the SRE workbook'),
});

const document = <Kind extends string, Spec extends z.ZodType>(kind: Kind, spec: Spec) =>
  z.strictObject({ apiVersion, kind: z.literal(kind), metadata: Metadata, spec });

/** The documents that a catalog may hold beside its own files, by their kind. */
export const documentSchemas = {
  SLO: document('SLO', SloSpec),
  SLI: document('SLI', IndicatorSpec),
  AlertPolicy: document('AlertPolicy', PolicySpec),
  AlertCondition: document('AlertCondition', ConditionSpec),
  AlertNotificationTarget: document('AlertNotificationTarget', NotificationTargetSpec),
  Service: document('Service', z.strictObject({ description })),
  DataSource: document(
    'DataSource',
    z.strictObject({
      description,
      type: z.string().min(1).max(120),
      connectionDetails: z.unknown().optional(),
    }),
  ),
  Calendar: z.strictObject({
    apiVersion: z.literal('plumbline/v1'),
    kind: z.literal('Calendar'),
    metadata: Metadata,
    spec: Calendar,
  }),
  Probe: z.strictObject({
    apiVersion: z.literal('plumbline/v1'),
    kind: z.literal('Probe'),
    metadata: Metadata,
    spec: ProbeSpec,
  }),
  Kpi: z.strictObject({
    apiVersion: z.literal('plumbline/v1'),
    kind: z.literal('Kpi'),
    metadata: Metadata,
    spec: KpiSpec,
  }),
  KpiReport: z.strictObject({
    apiVersion: z.literal('plumbline/v1'),
    kind: z.literal('KpiReport'),
    metadata: Metadata,
    spec: KpiReportSpec,
  }),
} as const;
export type DocumentKind = keyof typeof documentSchemas;
export type DocumentOf<Kind extends DocumentKind> = z.infer<(typeof documentSchemas)[Kind]>;

export const documentKinds = Object.keys(documentSchemas) as readonly DocumentKind[];
