import { expect, test } from 'vitest';
import type { SearchHit } from '#lib/api-types.ts';
import { routes } from '#lib/routes.ts';
import { paletteItems } from './palette-items.ts';

const to = routes(new URL('http://console.example/'));
const hit = (id: string, title: string): SearchHit => ({
  kind: 'transaction',
  id,
  title,
  detail: 'Sales order, Order to cash',
  lastAt: null,
});

test('offers a run once, under the number that fits best and as it stands on the paper', () => {
  const hits = [
    hit('order:SO-1', 'order:SO-1'),
    hit('order:SO-1', 'shipment:SH-1-1'),
    hit('order:SO-2', 'invoice:INV-1'),
    hit('order:SO-1', 'invoice:INV-1-1'),
  ];
  const items = paletteItems('1', [], hits, to);
  expect(items.map(({ title }) => title)).toEqual(['SO-1', 'INV-1']);
  expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
});
