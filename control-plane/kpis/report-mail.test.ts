import { expect, it } from 'vitest';
import { reportMail, shown } from './report-mail.ts';
import type { KpiTile } from './schemas.ts';

const report = {
  name: 'weekly',
  title: 'Figures <of> the week',
  period: 'week',
  at: '07:00',
  timeZone: 'America/Chicago',
  channel: 'management',
} as const;
const tile: KpiTile = {
  name: 'orders',
  title: 'Orders & more',
  kind: 'order-latency',
  owner: null,
  unit: 'ratio',
  higherIsBetter: true,
  target: 0.99,
  status: 'missed',
  why: null,
  value: 0.985,
  numerator: '197',
  denominator: '200',
  n: 200,
  coverage: 1,
  asOf: '2026-11-23T06:00:00.000Z',
  previous: { value: null, n: 0, date: '2026-11-09' },
  series: [],
  figures: [],
  worst: { by: 'Customer', position: 1, value: '<script>alert(1)</script>', n: 3, missed: '3', ratio: 0 },
  range: {
    period: 'week',
    timeZone: 'America/Chicago',
    date: '2026-11-16',
    from: '2026-11-16T06:00:00.000Z',
    to: '2026-11-23T06:00:00.000Z',
    previousDate: '2026-11-09',
    nextDate: '2026-11-23',
  },
};

it.each([
  [0.98765, 'ratio', '98.77 %'],
  [0.5, 'score', '0.500'],
  [45_000, 'duration', '45 s'],
  [5_400_000, 'duration', '90 min'],
  [14_400_000, 'duration', '4 h'],
  [null, 'ratio', '–'],
] as const)('%s as %s reads %s', (value, unit, text) => expect(shown(value, unit)).toBe(text));

it('says how many are off target, and leads to the page of that period', () => {
  const { subject, text, html } = reportMail(report, [tile], 'https://plumbline.example');
  expect(subject).toBe('Figures <of> the week: week of 2026-11-16. 1 of 1 KPIs is off target.');
  expect(text).toContain('Orders & more: 98.5 %, target at least 99 %, before –. ✗ Off target');
  expect(text).toContain('https://plumbline.example/kpis?period=week&at=2026-11-16');
  expect(html).toContain('href="https://plumbline.example/kpis?period=week&amp;at=2026-11-16"');
});

it('lets nothing that a sender named become markup, and fetches nothing', () => {
  const { html } = reportMail(report, [tile], 'https://plumbline.example');
  expect(html).not.toMatch(/<script|<img|url\(|src=/);
  expect(html).toContain('Figures &lt;of&gt; the week');
});
