import { expect, test } from 'vitest';
import { sessionOf } from './session.ts';

test('the session cookie is found among others', () => {
  const lines = [
    'other=1; Path=/',
    '__Host-plumbline=a%2Bb; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=3600',
  ];
  expect(sessionOf(lines)).toEqual({ value: 'a+b', maxAgeSeconds: 3600 });
});

test('a cookie of the session alone has no age', () => {
  expect(sessionOf(['__Host-plumbline=x; Path=/'])).toEqual({ value: 'x', maxAgeSeconds: undefined });
});

test('no cookie, no session', () => expect(sessionOf([])).toBeUndefined());
