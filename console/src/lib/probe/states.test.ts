import { expect, test } from 'vitest';
import { measuresText, stateRank } from './states.ts';

test('what fails comes first, and what passes last', () => {
  const states = ['passing', 'never', 'failing', 'silent', 'unjudged'] as const;
  expect(states.toSorted((one, other) => stateRank(one) - stateRank(other))).toEqual([
    'failing',
    'unjudged',
    'silent',
    'never',
    'passing',
  ]);
});

test('measures are written in their unit', () => {
  expect(measuresText({ age: 12, depth: 40, 'certificate.expires_in': 864_000 })).toBe(
    'age 12 s, depth 40, certificate.expires_in 10 d',
  );
  expect(measuresText({})).toBe('');
});
