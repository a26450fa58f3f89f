import { Entity } from '@plumbline/model/catalog/schema.ts';
import { expect, it } from 'vitest';
import { compareRecords, maskFields } from './compare-records.ts';

const order = Entity.parse({ name: 'order', title: 'Order', authority: { total: 'erp' }, masked: ['email'] });
const catalog = {
  hash: '',
  systems: [],
  connections: [],
  entities: [order],
  flows: [],
  processes: [],
  calendars: [],
  objectives: [],
  probes: [],
  kpis: [],
  kpiReports: [],
};
const record = (system: string, fields: Record<string, string>, deleted = 0) => ({
  key: 'order:1',
  system,
  version: '1',
  at: '2026-11-23T08:00:00Z',
  deleted,
  fields,
});

it.each<[string, string, boolean]>([
  ['10', '10.00', true],
  ['010.50', '10.5', true],
  ['-0', '0', true],
  ['-1', '1', false],
  ['10', '100', false],
  ['1e3', '1000', false],
  ['open', 'open', true],
  ['open', 'Open', false],
])('%s and %s agree: %s', (one, other, agree) => {
  const [comparison] = compareRecords(
    [record('erp', { total: one }), record('wms', { total: other })],
    catalog,
  );
  expect(comparison?.fields).toEqual([{ field: 'total', authority: 'erp', agree, masked: false }]);
});

it('compares a masked field by its value and shows none of it', () => {
  const [comparison] = compareRecords(
    [record('erp', { email: 'a@b' }), record('crm', { email: 'c@d' })],
    catalog,
  );
  expect(comparison?.fields).toEqual([{ field: 'email', authority: null, agree: false, masked: true }]);
  expect(JSON.stringify(comparison)).not.toMatch(/a@b|c@d/);
});

it('leaves out of the comparison what a system has deleted, and fields that only one system keeps', () => {
  const rows = [record('erp', { total: '1', note: 'x' }), record('wms', { total: '2' }, 1)];
  expect(compareRecords(rows, catalog)[0]?.fields.map(({ agree }) => agree)).toEqual([true, true]);
});

it('masks a field of an event under its entity too', () => {
  const masked = maskFields({ 'customer.email': 'a@b', email: 'a@b', emails: 'kept' }, new Set(['email']));
  expect(Object.values(masked)).toEqual(['••••••', '••••••', 'kept']);
});
