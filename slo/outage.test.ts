import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quietAlert, stepAlert } from './alert.ts';
import { judgeRun, outageRules, type Run } from './outage.ts';

/** The run at the end of outcomes, a message each: `x` failed, `.` came through. */
function runOf(letters: string): Run {
  const bad = /x*$/.exec(letters)?.[0].length ?? 0;
  const good = /\.*$/.exec(letters)?.[0].length ?? 0;
  return { bad, good, badSinceMs: bad > 0 ? 0 : null };
}

test.each([
  ['', 'neither'],
  ['..', 'neither'],
  ['...', 'clear'],
  ['xxxx...', 'clear'],
  ['xxxxxx..', 'neither'],
  ['xxxx', 'neither'],
  ['xxxx.x', 'neither'],
  ['.xxxxx', 'raise'],
] as const)('the newest messages %s say %s', (letters, verdict) => {
  expect(judgeRun(runOf(letters), 3)).toBe(verdict);
});

test('an objective that wants more bad events before anybody is told gets them', () => {
  expect(judgeRun(runOf('xxxxxxx'), 8)).toBe('neither');
  expect(judgeRun(runOf('xxxxxxxx'), 8)).toBe('raise');
});

/** Looks after every message, and what the alert became. */
function follow(letters: string): string {
  let state = quietAlert;
  let phases = '';
  for (let end = 1; end <= letters.length; end += 1) {
    state = stepAlert(state, judgeRun(runOf(letters.slice(0, end)), 3), outageRules, end).state;
    phases += state.phase === 'firing' ? 'F' : '-';
  }
  return phases;
}

test('three looks confirm an outage, and two its end', () => {
  expect(follow('...xxxxxxxx......')).toBe('---------FFFFF---');
});

test('one failure in ten tells nobody, wherever it falls', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 40 }), (places) => {
      const letters = places.map((place) => '.'.repeat(place) + 'x' + '.'.repeat(9 - place)).join('');
      expect(follow(letters)).not.toContain('F');
    }),
  );
});
