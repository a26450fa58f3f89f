import { expect, test } from 'vitest';
import type { FlowSummary } from '../api-types.ts';
import { filterFlows } from './filter.ts';

const flow = (name: string, health: string, owner: string) =>
  ({
    name,
    title: name,
    source: 'erp',
    target: 'wms',
    entity: 'order',
    owner,
    health,
    transport: { kind: 'http', destination: '/x' },
    criticality: 'high',
  }) as unknown as FlowSummary;
const flows = [flow('a-b', 'failing', 'Sales'), flow('c-d', 'healthy', 'Finance')];
const names = (filter: Parameters<typeof filterFlows>[1]) => filterFlows(flows, filter).map((f) => f.name);

test('every word must be found somewhere', () => {
  expect(names({ words: 'HTTP sales' })).toEqual(['a-b']);
  expect(names({ words: 'http  ' })).toEqual(['a-b', 'c-d']);
  expect(names({ words: 'sales finance' })).toEqual([]);
});

test('health narrows further', () => {
  expect(names({ health: 'healthy', words: 'order' })).toEqual(['c-d']);
  expect(names({ health: null })).toEqual(['a-b', 'c-d']);
});
