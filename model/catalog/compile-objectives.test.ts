import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { formatCatalogErrors } from './catalog-error.ts';
import { compileCatalog } from './compile-catalog.ts';
import type { Objective } from './objective.ts';

const base = `
systems: [{ name: erp, title: ERP, owner: it }, { name: shop, title: Shop, owner: it }]
entities: [{ name: order, title: Order }]
flows:
  - { name: orders, title: Orders, source: shop, target: erp, entity: order, owner: it, transport: { kind: http, destination: /o } }
  - { name: returns, title: Returns, source: shop, target: erp, entity: order, owner: it, transport: { kind: http, destination: /r } }
`;

const metric = (flow: string, count: string, more: object = {}): object => ({
  metricSource: { type: 'Plumbline', spec: { flow, count, ...more } },
});
const ratio = { ratioMetric: { bad: metric('orders', 'failed'), total: metric('orders', 'all') } };

const slo = (spec: object = {}, metadata: object = {}): object => ({
  apiVersion: 'openslo/v1',
  kind: 'SLO',
  metadata: { name: 'orders-taken', ...metadata },
  spec: {
    service: 'erp',
    indicator: { metadata: { name: 'i' }, spec: ratio },
    budgetingMethod: 'Occurrences',
    objectives: [{ target: 0.999 }],
    ...spec,
  },
});

const condition = (burn: object, more: object = {}): object => ({
  kind: 'AlertCondition',
  metadata: { name: 'fast' },
  spec: {
    severity: 'page',
    condition: { kind: 'burnrate', lookbackWindow: '1h', threshold: 2, ...burn },
    ...more,
  },
});
const policy = (...conditions: object[]): object => ({
  alertPolicies: [{ kind: 'AlertPolicy', metadata: { name: 'p' }, spec: { conditions } }],
});

const calendar = (spec: object = {}): object => ({
  apiVersion: 'plumbline/v1',
  kind: 'Calendar',
  metadata: { name: 'office' },
  spec: {
    timeZone: 'America/Chicago',
    hours: [{ days: ['mon'], open: '08:00', close: '17:00' }],
    ...spec,
  },
});

function compile(documents: readonly (object | string)[]): ReturnType<typeof compileCatalog> {
  const text = documents.map((item) => (typeof item === 'string' ? item : stringify(item))).join('---\n');
  return compileCatalog(
    new Map([
      ['base.yaml', base],
      ['slo.yaml', text],
    ]),
  );
}

function errorsOf(...documents: (object | string)[]): string {
  const result = compile(documents);
  return result.ok ? '' : formatCatalogErrors(result.errors);
}

function objectivesOf(...documents: (object | string)[]): readonly Objective[] {
  const result = compile(documents);
  if (!result.ok) throw new Error(formatCatalogErrors(result.errors));
  return result.catalog.objectives;
}

const pairs = (objective: Objective | undefined) =>
  objective?.alerts.map((alert) => [alert.severity, alert.threshold, alert.longMinutes, alert.shortMinutes]);

it('gives an SLO of 30 days without policies the pairs of the SRE workbook, table 5-8', () => {
  const [objective] = objectivesOf(slo());
  expect(pairs(objective)).toEqual([
    ['page', 14.4, 60, 5],
    ['page', 6, 360, 30],
    ['ticket', 3, 1440, 120],
    ['ticket', 1, 4320, 360],
  ]);
  expect(objective).toMatchObject({
    name: 'orders-taken',
    target: 0.999,
    window: { kind: 'rolling', minutes: 43_200 },
    indicator: { flow: 'orders', operation: 'process', bad: 'failed' },
    lowTraffic: { badEventsMin: 3, budgetShareMin: 0.01 },
  });
});

it('grows windows with the period and keeps the share of the budget, as Sloth does for 28 days', () => {
  const [objective] = objectivesOf(slo({ timeWindow: [{ duration: '28d', isRolling: true }] }));
  // Sloth internal/alert/window.go, google-28d: 2 % in 1 h is 13.44; 5 % in its 336 min is 6.
  expect(pairs(objective)?.[0]).toEqual(['page', 13.44, 60, 5]);
  expect(pairs(objective)?.[1]).toEqual(['page', 6, 336, 28]);
});

it('leaves out recommended pairs that can never fire, and warns when none is left', () => {
  expect(
    pairs(objectivesOf(slo({ objectives: [{ target: 0.9 }] }))[0])?.map(([, threshold]) => threshold),
  ).toEqual([6, 3, 1]);
});

it('refuses a threshold above 1 ÷ (1 − T) with the number, where it stands', () => {
  const errors = errorsOf(
    slo({ objectives: [{ targetPercent: 95 }], ...policy(condition({ threshold: 20.5 })) }),
  );
  expect(errors).toMatch(
    /^slo\.yaml:\d+:\d+ {2}SLO\.orders-taken\.spec\.alertPolicies\.0\.spec\.conditions\.0\.spec\.condition\.threshold: the burn of objective "orders-taken" can never be more than 20 = 1 ÷ \(1 − 0\.95\), so a threshold of 20\.5 never alerts; lower it$/,
  );
  expect(
    errorsOf(slo({ objectives: [{ targetPercent: 95 }], ...policy(condition({ threshold: 20 })) })),
  ).toBe('');
});

it('points at the line of the mistake in a file of several documents', () => {
  const text = stringify(slo()).replace('flow: orders', 'flow: ordrs');
  const line =
    stringify(calendar()).split('\n').length +
    text.split('\n').findIndex((each) => each.includes('ordrs')) +
    1;
  expect(errorsOf(calendar(), text)).toContain(`slo.yaml:${line}:`);
  expect(errorsOf(calendar(), text)).toContain('unknown flow "ordrs"; did you mean "orders"?');
});

it.each<[string, object | string, string]>([
  ['an unknown service', slo({ service: 'erpp' }), 'unknown service "erpp"; did you mean "erp"?'],
  [
    'an unknown key',
    slo({ budgetMethod: 'x' }),
    'unknown key "budgetMethod"; did you mean "budgetingMethod"?',
  ],
  [
    'an unknown method',
    slo({ budgetingMethod: 'Events' }),
    'write one of Occurrences, Timeslices, RatioTimeslices',
  ],
  ['a target of 1', slo({ objectives: [{ target: 1 }] }), 'objectives.0.target: write a number of at most 1'],
  ['a target that cannot be measured', slo({ objectives: [{ target: 0.99999999 }] }), 'leaves no budget'],
  ['two ways of a target', slo({ objectives: [{ target: 0.9, targetPercent: 90 }] }), 'write either target'],
  [
    'slices of an occurrence',
    slo({ objectives: [{ target: 0.9, timeSliceWindow: '5m' }] }),
    'remove timeSliceWindow',
  ],
  ['no slices', slo({ budgetingMethod: 'Timeslices' }), 'Timeslices needs timeSliceWindow'],
  [
    'slices that do not divide a day',
    slo({ budgetingMethod: 'RatioTimeslices', objectives: [{ target: 0.9, timeSliceWindow: '7m' }] }),
    'slices of 7m do not divide a day evenly',
  ],
  [
    'a share of ratio slices',
    slo({
      budgetingMethod: 'RatioTimeslices',
      objectives: [{ target: 0.9, timeSliceWindow: 5, timeSliceTarget: 0.9 }],
    }),
    'remove timeSliceTarget',
  ],
  ['a rolling month', slo({ timeWindow: [{ duration: '1M', isRolling: true }] }), '"1M" has no fixed length'],
  [
    'a rolling hour',
    slo({ timeWindow: [{ duration: '1h', isRolling: true }] }),
    'lasts from 1d to 366d, not 1h',
  ],
  [
    'a window of neither kind',
    slo({ timeWindow: [{ duration: '30d' }] }),
    'write isRolling: true, or a calendar',
  ],
  [
    'calendar hours',
    slo({ timeWindow: [{ duration: '6h', calendar: { startTime: '2026-01-01 00:00', timeZone: 'UTC' } }] }),
    'a calendar window lasts whole days',
  ],
  [
    'a foreign source',
    slo({
      indicator: {
        metadata: { name: 'i' },
        spec: {
          ratioMetric: {
            good: { metricSource: { type: 'Prometheus', spec: { query: 'x' } } },
            total: metric('orders', 'all'),
          },
        },
      },
    }),
    'The metric source "Prometheus" is not read here; write type: Plumbline',
  ],
  [
    'a threshold metric',
    slo({ indicator: { metadata: { name: 'i' }, spec: { thresholdMetric: metric('orders', 'all') } } }),
    'a thresholdMetric is not read here',
  ],
  [
    'two flows',
    slo({
      indicator: {
        metadata: { name: 'i' },
        spec: { ratioMetric: { bad: metric('returns', 'failed'), total: metric('orders', 'all') } },
      },
    }),
    'total must count the same flow',
  ],
  [
    'a total of failures',
    slo({
      indicator: {
        metadata: { name: 'i' },
        spec: { ratioMetric: { bad: metric('orders', 'failed'), total: metric('orders', 'failed') } },
      },
    }),
    'total counts all, not failed',
  ],
  [
    'a misspelt metric',
    slo({
      indicator: {
        metadata: { name: 'i' },
        spec: {
          ratioMetric: {
            bad: metric('orders', 'failed', { operaton: 'send' }),
            total: metric('orders', 'all'),
          },
        },
      },
    }),
    'unknown key "operaton"; did you mean "operation"?',
  ],
  ['an unknown policy', slo({ alertPolicies: ['fast'] }), 'unknown AlertPolicy "fast"; declare it'],
  [
    'an unknown severity',
    slo(policy(condition({}, { severity: 'sev1' }))),
    'unknown severity "sev1"; write page or ticket',
  ],
  ['a low burn', slo(policy(condition({ op: 'lt' }))), 'a burn alerts when it is high'],
  [
    'a lookback longer than the window',
    slo(policy(condition({ lookbackWindow: '31d' }))),
    '31d is longer than the window',
  ],
  [
    'a lookback without length',
    slo(policy(condition({ lookbackWindow: '1M' }))),
    'write minutes, hours, days or weeks',
  ],
  [
    'an unknown annotation',
    slo({}, { annotations: { 'plumbline/calender': 'x' } }),
    'did you mean "plumbline/calendar"?',
  ],
  [
    'an unknown calendar',
    slo({}, { annotations: { 'plumbline/calendar': 'x' } }),
    'unknown Calendar "x"; declare it',
  ],
  [
    'a gate of nothing',
    slo({}, { annotations: { 'plumbline/bad-events-min': '0' } }),
    'write a whole number of at least 1',
  ],
  ['an older OpenSLO', { ...slo(), apiVersion: 'openslo/v1alpha' }, 'convert the file to openslo/v1'],
  ['an unknown kind', { ...slo(), kind: 'Slo' }, 'unknown kind "Slo"; did you mean "SLO"?'],
  [
    'a calendar of OpenSLO',
    { ...calendar(), apiVersion: 'openslo/v1' },
    'a Calendar is written with apiVersion: plumbline/v1',
  ],
  ['an unknown country', calendar({ holidays: { country: 'XX' } }), 'no holidays are known of "XX"'],
  [
    'an unknown state',
    calendar({ holidays: { country: 'US', state: 'QQ' } }),
    'no state "QQ" is known of US; known: AL',
  ],
  [
    'overlapping hours',
    calendar({
      hours: [
        { days: ['sun'], open: '22:00', close: '06:00' },
        { days: ['mon'], open: '05:00', close: '12:00' },
      ],
    }),
    'overlaps other hours of mon',
  ],
  ['a cut-off at night', calendar({ cutOffs: [{ name: 'late', time: '20:00' }] }), 'never open before 20:00'],
  [
    'a day that is not',
    calendar({ holidays: { dates: [{ date: '2026-02-30', name: 'x' }] } }),
    'write a date such as',
  ],
  [
    'a time without quotes that YAML reads otherwise',
    calendar({ hours: [{ days: ['mon'], open: 800, close: '17:00' }] }),
    "quote it, as in '800'",
  ],
])('refuses %s', (_what, document, expected) => {
  expect(errorsOf(document)).toContain(expected);
});

it('refuses a name twice, also where a numbered target takes it', () => {
  expect(errorsOf(slo(), slo())).toContain('"orders-taken" is declared in slo.yaml:');
  const two = slo({ objectives: [{ target: 0.9 }, { target: 0.99 }] });
  expect(errorsOf(two, slo({}, { name: 'orders-taken-2' }))).toContain(
    'two objectives are called "orders-taken-2"',
  );
});

it('follows references to indicators, policies, conditions and targets of other documents', () => {
  const documents = [
    slo({
      indicator: undefined,
      indicatorRef: 'sli',
      alertPolicies: [{ alertPolicyRef: 'burn' }],
      service: 'checkout',
    }),
    {
      apiVersion: 'openslo/v1',
      kind: 'SLI',
      metadata: { name: 'sli' },
      spec: {
        ratioMetric: {
          good: metric('orders', 'succeeded', { operation: 'send' }),
          total: metric('orders', 'all', { operation: 'send' }),
        },
      },
    },
    {
      apiVersion: 'openslo/v1',
      kind: 'AlertPolicy',
      metadata: { name: 'burn' },
      spec: {
        alertWhenNoData: false,
        conditions: [{ conditionRef: 'quick' }],
        notificationTargets: [{ targetRef: 'on-call' }],
      },
    },
    {
      ...condition({ threshold: 5, alertAfter: '5m' }),
      apiVersion: 'openslo/v1',
      metadata: { name: 'quick' },
    },
    {
      apiVersion: 'openslo/v1',
      kind: 'AlertNotificationTarget',
      metadata: { name: 'on-call' },
      spec: { target: 'email' },
    },
    { apiVersion: 'openslo/v1', kind: 'Service', metadata: { name: 'checkout' }, spec: {} },
  ];
  expect(objectivesOf(...documents.map((each) => JSON.parse(JSON.stringify(each)) as object))).toMatchObject([
    {
      indicator: { flow: 'orders', operation: 'send', bad: 'failed' },
      alerts: [{ severity: 'page', threshold: 5, longMinutes: 60, shortMinutes: 5, afterMinutes: 5 }],
      alertOnStale: false,
      notify: ['on-call'],
    },
  ]);
});

it('never throws, whatever a document holds', () => {
  const kinds = fc.constantFrom('SLO', 'SLI', 'Calendar', 'AlertPolicy', '__proto__');
  const version = fc.constantFrom('openslo/v1', 'plumbline/v1', 1, null);
  fc.assert(
    fc.property(kinds, version, fc.object(), (kind, apiVersion, rest) => {
      const result = compile([{ ...rest, kind, apiVersion }]);
      expect(result.ok || result.errors.every(({ message }) => message.length > 0)).toBe(true);
    }),
    { numRuns: 200 },
  );
});
