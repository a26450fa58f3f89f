import { expect, it } from 'vitest';
import { errorOf } from './refusals.ts';

it.each([
  [
    'HTTP 422: quantity 3 of SO-17 is no integer',
    'HTTP 422',
    'HTTP 422: quantity <number> of <id> is no integer',
  ],
  ['HTTP 404', 'HTTP 404', 'HTTP 404'],
  ['No queue is behind default/erp.orders', 'Refused', 'Refused: No queue is behind default/erp.orders'],
  ['', 'Refused', 'Refused'],
])('%s', (reason, type, cause) => {
  expect(errorOf(reason)).toMatchObject({ type, cause });
});
