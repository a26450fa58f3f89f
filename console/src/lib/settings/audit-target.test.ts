import { expect, test } from 'vitest';
import { routes } from '#lib/routes.ts';
import { auditTargetLink } from './audit-target.ts';

const to = routes(new URL('http://console.example/settings'));

test.each([
  ['replay:61f6f307', to.replay('61f6f307')],
  ['dead_letter:af73b451', to.deadLetter('af73b451')],
  ['flow:shop-order-to-erp', to.flow('shop-order-to-erp')],
  ['person:d264879b', undefined],
  ['replay:', undefined],
])('an audit entry about %s leads to %s', (target, link) => {
  expect(auditTargetLink(target, to)).toBe(link);
});
