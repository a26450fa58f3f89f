import { describe, expect, it } from 'vitest';
import { Flow, type Catalog } from '../../catalog/schema.ts';
import { compileDerivation } from './compile.ts';

const empty: Catalog = {
  hash: 'empty',
  systems: [],
  connections: [],
  calendars: [],
  objectives: [],
  probes: [],
  kpis: [],
  kpiReports: [],
  entities: [],
  flows: [],
  processes: [],
};

const small: Catalog = {
  hash: 'small',
  systems: [
    { name: 'erp', title: 'ERP', owner: 'it', exposure: 'internal', timeZone: 'UTC', services: ["erp'api"] },
  ],
  connections: [],
  calendars: [],
  objectives: [],
  probes: [],
  kpis: [],
  kpiReports: [],
  entities: [
    { name: 'order', title: 'Order', attributes: ['app.no'], authority: {}, schemas: {}, masked: [] },
  ],
  flows: [
    Flow.parse({
      name: 'orders',
      title: 'Orders',
      source: 'erp',
      target: 'erp',
      entity: 'order',
      transport: { kind: 'kafka', destination: 'orders' },
      owner: 'it',
      match: [{ 'messaging.destination.name': 'orders' }, { 'url.path': '/orders/*' }],
    }),
  ],
  processes: [
    {
      name: 'sell',
      title: 'Sell',
      owner: 'it',
      lead: 'order',
      entities: ['order'],
      milestones: [
        { name: 'placed', title: 'Placed', event: 'order.placed', system: 'erp', optional: false },
      ],
    },
  ],
};

describe('compileDerivation', () => {
  it('writes the views of a small catalog', () => {
    const text = compileDerivation(small).map(
      (view) => `-- ${view.name}: ${view.source} to ${view.target}\n${view.query}`,
    );
    expect(text.join('\n\n')).toMatchSnapshot();
  });

  it('names the same views whatever the catalog, so that none is ever dropped for it', () => {
    const names = (catalog: Catalog) => compileDerivation(catalog).map((view) => view.name);
    expect(names(empty)).toEqual(names(small));
    expect(new Set(names(small)).size).toBe(names(small).length);
  });

  it('puts every view before those that feed it', () => {
    const views = compileDerivation(small);
    for (const [position, view] of views.entries()) {
      const feeders = views.filter((each) => each.target === view.source).map((each) => views.indexOf(each));
      expect(
        feeders.every((feeder) => feeder > position),
        view.name,
      ).toBe(true);
    }
  });
});
