import { expect, it } from 'vitest';
import { assignServices } from './assign-services.ts';

const rows = (...services: string[]) => services.map((service) => ({ service }));

it('gives each service to the system that lists it, and the rest to nobody', () => {
  const { bySystem, unclaimed } = assignServices(
    [{ name: 'shop', services: ['shop-web', 'shop-jobs'] }, { name: 'erp' }],
    rows('erp', 'other', 'shop-jobs', 'shop-web'),
  );
  expect(bySystem.get('shop')).toEqual(rows('shop-jobs', 'shop-web'));
  expect(bySystem.get('erp')).toEqual(rows('erp'));
  expect(unclaimed).toEqual(rows('other'));
});

it('gives a service that is called as a system to that system, though it lists others', () => {
  const { bySystem, unclaimed } = assignServices(
    [{ name: 'shop', services: ['shop-web'] }],
    rows('shop', 'shop-web'),
  );
  expect(bySystem.get('shop')).toEqual(rows('shop', 'shop-web'));
  expect(unclaimed).toEqual([]);
});

it('leaves a service to the system that lists it, whatever it is called', () => {
  const { bySystem } = assignServices(
    [
      { name: 'shop', services: ['erp'] },
      { name: 'erp', services: ['erp-core'] },
    ],
    rows('erp'),
  );
  expect(bySystem.get('shop')).toEqual(rows('erp'));
  expect(bySystem.get('erp')).toEqual([]);
});
