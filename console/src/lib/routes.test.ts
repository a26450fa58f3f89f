import { describe, expect, test } from 'vitest';
import { routes, safeNext, signIn, withQuery } from './routes.ts';

describe('links', () => {
  test('keep the time range of the page they stand on', () => {
    const here = routes(new URL('http://x/flows?from=now-6h&to=now&q=erp'));
    expect(here.flow('shop-order-to-erp')).toBe('/flows/shop-order-to-erp?from=now-6h&to=now');
  });
  test('leave the default range out', () => {
    expect(routes(new URL('http://x/?from=now-1h&to=now')).transaction('order:SO-1001')).toBe(
      '/transactions/order%3ASO-1001',
    );
  });
  test('encode what a key may hold', () => {
    expect(routes(undefined).transaction('order:A/B?c#d')).toBe('/transactions/order%3AA%2FB%3Fc%23d');
  });
  test('carry filters', () => {
    expect(routes(undefined).flowMessages('a', { outcome: 'failed' })).toBe(
      '/flows/a?outcome=failed#messages',
    );
  });
});

test('a changed filter starts paging anew', () => {
  expect(
    withQuery(new URL('http://x/flows/a?cursor=z&outcome=failed&from=now-6h'), { outcome: undefined }),
  ).toBe('/flows/a?from=now-6h');
});

describe('the way back after sign-in', () => {
  test.each([
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    'javascript:alert(1)',
    '',
    null,
    '/a\n//b',
  ])('never leaves the console: %j', (next) => expect(safeNext(next)).toBe('/'));
  test('leads to where one was', () => {
    expect(safeNext('/flows/a?from=now-6h')).toBe('/flows/a?from=now-6h');
    expect(signIn('/flows/a')).toBe('/sign-in?next=%2Fflows%2Fa');
    expect(signIn('/')).toBe('/sign-in');
  });
});
