import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge, span, type Vital } from './health.ts';

const minuteMs = 60_000;
const at = new Date('2026-11-23T12:00:00Z');
const limits = { failedRatioMax: 0.02, durationP95MaxMs: 30_000, silenceMaxMs: 15 * minuteMs };
const calm: Vital = {
  windowMs: 60 * minuteMs,
  sent: 52,
  attempts: 52,
  failed: 0,
  durationP95Ms: 40,
  unanswered: null,
  mostlyType: '',
  recovery: null,
  slowUntil: null,
};
const minutesAgo = (minutes: number) => new Date(at.getTime() - minutes * minuteMs);
const recovery = {
  last: { at: minutesAgo(21), until: minutesAgo(20) },
  run: { attempts: 1060, failed: 1040 },
  after: { attempts: 38, failed: 0 },
};
const unanswered = (minutes: number, count: number) => ({
  since: new Date(at.getTime() - minutes * minuteMs),
  count,
});

describe('judge', () => {
  it.each<[string, Partial<Vital>, string, string]>([
    ['no failure', {}, 'healthy', 'No failure in the last hour.'],
    [
      'failures above the limit',
      { failed: 7, mostlyType: 'DuplicateKeyError' },
      'failing',
      '7 of 52 attempts failed in the last hour, mostly DuplicateKeyError.',
    ],
    ['failures of no one type', { failed: 7 }, 'failing', '7 of 52 attempts failed in the last hour.'],
    ['too few failures to be sure', { failed: 2 }, 'degraded', '2 of 52 attempts failed in the last hour.'],
    [
      'failures within the limit',
      { attempts: 1000, failed: 20 },
      'healthy',
      '20 of 1,000 attempts failed in the last hour.',
    ],
    [
      'sends that nobody answers',
      { unanswered: unanswered(42, 118) },
      'silent',
      'Nothing processed for 42 min while 118 were sent.',
    ],
    [
      'one send that nobody answers, after which the sender stopped too',
      { sent: 0, attempts: 0, unanswered: unanswered(180, 1) },
      'silent',
      'Nothing processed for 3 h while 1 was sent.',
    ],
    [
      'sends that wait, but not too long',
      { unanswered: unanswered(15, 3) },
      'healthy',
      'No failure in the last hour.',
    ],
    [
      'failing and silent: what fails is known, so it is said',
      { failed: 9, unanswered: unanswered(20, 4) },
      'failing',
      '9 of 52 attempts failed in the last hour.',
    ],
    [
      'slow',
      { durationP95Ms: 45_000 },
      'degraded',
      'Slow: 95 % of attempts take up to 45 s; 30 s is the limit.',
    ],
    ['nothing at all', { sent: 0, attempts: 0, durationP95Ms: null }, 'idle', 'No message in the last hour.'],
    [
      'an hour that is 61 minutes when made whole',
      { windowMs: 61 * minuteMs },
      'healthy',
      'No failure in the last hour.',
    ],
    [
      'an outage that is over',
      { attempts: 1098, failed: 1040, mostlyType: 'TimeoutError', recovery },
      'recovered',
      'Recovered: no failure for 20 min and 38 successes since. Before that 1,040 of 1,060 failed, mostly TimeoutError.',
    ],
    [
      'an outage that is over but for strays',
      { attempts: 1098, failed: 1041, recovery: { ...recovery, after: { attempts: 138, failed: 1 } } },
      'recovered',
      'Recovered: 1 of 138 attempts failed in the last 20 min, which is within its limit. Before that 1,040 of 1,060 failed.',
    ],
    [
      'an outage that is over, and a consumer that fell silent since',
      { failed: 9, recovery, unanswered: unanswered(42, 1180) },
      'silent',
      'Nothing processed for 42 min while 1,180 were sent.',
    ],
    [
      'an outage that is over and left the flow slow',
      { failed: 9, recovery, durationP95Ms: 45_000 },
      'degraded',
      'Slow: 95 % of attempts take up to 45 s; 30 s is the limit.',
    ],
    [
      'slowness that is over',
      { durationP95Ms: 45_000, slowUntil: minutesAgo(25) },
      'recovered',
      'Quick again for 25 min; in the whole hour 95 % of attempts took up to 45 s; 30 s is the limit.',
    ],
    ['a short window', { windowMs: 15 * minuteMs }, 'healthy', 'No failure in the last 15 min.'],
  ])('%s', (_, vital, health, reason) => {
    expect(judge({ ...calm, ...vital }, limits, at)).toEqual({ health, reason });
  });

  it('never gets better with one failure more', () => {
    const order = ['idle', 'healthy', 'degraded', 'silent', 'failing'];
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(5000), (attempts, failed) => {
        fc.pre(failed < attempts);
        const [one, more] = [failed, failed + 1].map((count) =>
          order.indexOf(judge({ ...calm, attempts, failed: count }, limits, at).health),
        );
        expect(more).toBeGreaterThanOrEqual(one ?? 0);
      }),
    );
  });
});

it.each([
  [12, '12 ms'],
  [1500, '1.5 s'],
  [42 * minuteMs, '42 min'],
  [119 * minuteMs, '119 min'],
  [180 * minuteMs, '3 h'],
  [3 * 86_400_000, '3 days'],
])('says %i ms as %s', (ms, text) => {
  expect(span(ms)).toBe(text);
});
