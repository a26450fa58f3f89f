import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  absoluteRange,
  defaultRange,
  isLive,
  rangeOf,
  relativeLabel,
  resolveRange,
  resolveTime,
  shift,
  zoomOut,
} from './range.ts';

const now = Date.parse('2026-03-01T12:00:00Z');
const hourMs = 3_600_000;

describe('resolveTime', () => {
  test.each([
    ['now', now],
    ['now-1h', now - hourMs],
    ['now-7d', now - 168 * hourMs],
    ['2026-03-01T11:00:00Z', now - hourMs],
    [String(now), now],
  ])('%s', (text, expected) => expect(resolveTime(text, now)).toBe(expected));

  test.each(['', 'then', 'now-', 'now+1h', 'now-1y', '12', '2026-13-45', 'now-1h; DROP'])(
    'refuses %j',
    (text) => expect(resolveTime(text, now)).toBeUndefined(),
  );
});

describe('rangeOf', () => {
  test('reads what the address says', () => {
    expect(rangeOf(new URLSearchParams('from=now-6h&to=now'))).toEqual({ from: 'now-6h', to: 'now' });
  });
  test('falls back when ends are missing, unreadable or reversed', () => {
    for (const query of ['', 'from=x&to=now', 'from=now&to=now-1h', 'from=now&to=now']) {
      expect(rangeOf(new URLSearchParams(query))).toEqual(defaultRange);
    }
  });
});

test('only a range that ends now is live', () => {
  expect(isLive({ from: 'now-1h', to: 'now' })).toBe(true);
  expect(isLive({ from: 'now-2h', to: 'now-1h' })).toBe(false);
});

test('labels', () => {
  expect(relativeLabel({ from: 'now-1h', to: 'now' })).toBe('Last hour');
  expect(relativeLabel({ from: 'now-45m', to: 'now' })).toBe('Last 45 minutes');
  expect(relativeLabel({ from: 'now-1w', to: 'now' })).toBe('Last 1 week');
  expect(relativeLabel(absoluteRange(0, 1000))).toBeUndefined();
});

test('shift moves by the whole width and never past the present', () => {
  expect(shift({ from: 'now-1h', to: 'now' }, -1, now)).toEqual({
    from: '2026-03-01T10:00:00.000Z',
    to: '2026-03-01T11:00:00.000Z',
  });
  expect(shift({ from: 'now-1h', to: 'now' }, 1, now)).toEqual(absoluteRange(now - hourMs, now));
});

test('zooming out contains what was shown', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40_000 }), (minutes) => {
      const before = resolveRange({ from: `now-${minutes}m`, to: 'now' }, now);
      const after = resolveRange(zoomOut({ from: `now-${minutes}m`, to: 'now' }, now), now);
      expect(after && before && after.fromMs < before.fromMs && after.toMs <= now + 1000).toBe(true);
    }),
  );
});
