import { expect, test } from 'vitest';
import type { Topology } from '../api-types.ts';
import { elkGraph, placed, shapeOf, splinePath } from './graph.ts';

const topology = {
  systems: [{ name: 'shop' }, { name: 'erp' }],
  flows: [
    {
      name: 'orders',
      title: 'Orders',
      entity: 'sales_order',
      source: 'shop',
      target: 'erp',
      health: 'failing',
    },
    {
      name: 'returns',
      title: 'Returns',
      entity: 'sales_order',
      source: 'shop',
      target: 'erp',
      health: 'healthy',
    },
    {
      name: 'stray',
      title: 'Stray',
      entity: 'sales_order',
      source: 'shop',
      target: 'nowhere',
      health: 'healthy',
    },
  ],
} as unknown as Topology;

test('two flows between the same systems are two edges; one that names no system is left out', () => {
  const graph = elkGraph(topology);
  expect(graph.children?.map((node) => node.id)).toEqual(['shop', 'erp']);
  expect(graph.edges?.map((edge) => edge.id)).toEqual(['orders', 'returns']);
});

test('the layout is joined with the figures of the present', () => {
  const result = placed(topology, {
    id: 'topology',
    children: [
      { id: 'shop', x: 0, y: 10 },
      { id: 'erp', x: 300, y: 10 },
    ],
    edges: [
      {
        id: 'orders',
        sources: ['shop'],
        targets: ['erp'],
        sections: [{ id: 's', startPoint: { x: 168, y: 20 }, endPoint: { x: 300, y: 20 } }],
        labels: [{ x: 200, y: 5, width: 60, height: 20 }],
      },
    ],
  });
  expect(result.systems.map((one) => [one.system.name, one.x])).toEqual([
    ['shop', 0],
    ['erp', 300],
  ]);
  expect(result.flows).toMatchObject([
    { flow: { name: 'orders' }, path: 'M 168 20 L 300 20', label: { x: 230, y: 15 } },
  ]);
});

test('control points of splines come in threes', () => {
  const point = (x: number) => ({ x, y: 0 });
  expect(splinePath([0, 1, 2, 3].map(point))).toBe('M 0 0 C 1 0, 2 0, 3 0');
  expect(splinePath([0, 1, 2, 3, 4].map(point))).toBe('M 0 0 C 1 0, 2 0, 3 0 L 4 0');
  expect(splinePath([])).toBe('');
});

test('figures do not change the shape', () => {
  const changed = {
    ...topology,
    flows: topology.flows.map((flow) => ({ ...flow, health: 'idle' as const })).toReversed(),
  };
  expect(shapeOf(changed)).toBe(shapeOf(topology));
  expect(shapeOf({ ...topology, flows: topology.flows.slice(1) })).not.toBe(shapeOf(topology));
});
