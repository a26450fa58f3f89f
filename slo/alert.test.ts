import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alertIdOf, type AlertRules, type AlertState, quietAlert, stepAlert, type Verdict } from './alert.ts';

const rules: AlertRules = { fire: { k: 2, n: 3 }, clear: { k: 3, n: 4 }, reopenMinutes: 10 };
const verdicts: Record<string, Verdict> = { r: 'raise', c: 'clear', '-': 'neither' };

/** Runs a line of verdicts, one a minute, and tells each change as minute, phases and number. */
function run(line: string, from: AlertState = quietAlert): { told: string[]; state: AlertState } {
  let state = from;
  const told: string[] = [];
  for (const [minute, letter] of [...line].entries()) {
    const stepped = stepAlert(state, verdicts[letter] ?? 'neither', rules, minute);
    state = stepped.state;
    if (stepped.change === null) continue;
    const { from: was, to, episode, reopened } = stepped.change;
    told.push(`${minute} ${was}→${to} #${episode}${reopened ? ' again' : ''}`);
  }
  return { told, state };
}

describe('an alert', () => {
  it.each([
    ['fires at two of three, not at one', 'cr-c', ['1 quiet→pending #0', '4 pending→quiet #0'].slice(0, 1)],
    ['falls back when it is not raised again', 'crcccc', ['1 quiet→pending #0', '4 pending→quiet #0']],
    ['fires although one verdict between is none', 'r-r', ['0 quiet→pending #0', '2 pending→firing #1']],
    ['goes on between its two thresholds', 'rr--------', ['0 quiet→pending #0', '1 pending→firing #1']],
    [
      'ends at three of four clears',
      'rrc-cc',
      ['0 quiet→pending #0', '1 pending→firing #1', '5 firing→resolved #1'],
    ],
    ['does not end at two of four', 'rrc-c-c-c-', ['0 quiet→pending #0', '1 pending→firing #1']],
    [
      'is the same again within the reopen window',
      'rrcccrr',
      [
        '0 quiet→pending #0',
        '1 pending→firing #1',
        '4 firing→resolved #1',
        '5 resolved→pending #1',
        '6 pending→firing #1 again',
      ],
    ],
    [
      'is a new one after it',
      `rrccc${'c'.repeat(10)}rr`,
      [
        '0 quiet→pending #0',
        '1 pending→firing #1',
        '4 firing→resolved #1',
        '15 resolved→pending #1',
        '16 pending→firing #2',
      ],
    ],
  ])('%s', (_what, line, expected) => {
    expect(run(line).told).toEqual(expected);
  });

  it('alternates between firing and resolved, whatever comes, and counts each firing that is new', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[rc-]{0,200}$/), (line) => {
        const { told, state } = run(line);
        const delivered = told.filter((each) => /→(firing|resolved)/.test(each));
        for (const [index, each] of delivered.entries()) {
          expect(each.includes(index % 2 === 0 ? '→firing' : 'firing→resolved')).toBe(true);
        }
        const anew = told.filter((each) => each.includes('→firing') && !each.endsWith('again'));
        expect(state.episode).toBe(anew.length);
        expect(state.recent.length).toBeLessThanOrEqual(4);
      }),
    );
  });

  it('has an identity of stable facts', () => {
    expect(alertIdOf('orders', 'burn', 'page')).toBe(alertIdOf('orders', 'burn', 'page'));
    const ids = [
      alertIdOf('orders', 'burn', 'page'),
      alertIdOf('orders', 'burn', 'ticket'),
      alertIdOf('orders', 'stale', 'ticket'),
      alertIdOf('order', 'burn', 'page'),
    ];
    expect(new Set(ids).size).toBe(4);
    // Stored alerts are found again by it: a change of this value orphans them.
    expect(ids[0]).toBe('f7763c7ee435a1b5ee33ccbf46f67c74');
  });
});
