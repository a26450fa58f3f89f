import { expect, test } from 'vitest';
import {
  clockTime,
  dayAndMinute,
  dayAndTime,
  knownZone,
  localInputValue,
  relativeTime,
  utcText,
} from './instant.ts';

const at = Date.parse('2026-03-01T23:04:05.120Z');

test('an instant is written in the zone of the reader', () => {
  expect(clockTime(at, 'UTC')).toBe('23:04:05');
  expect(clockTime(at, 'America/Chicago')).toBe('17:04:05');
  expect(dayAndMinute(at, 'Asia/Tokyo')).toBe('02 Mar 08:04');
  expect(localInputValue(at, 'America/Chicago')).toBe('2026-03-01T17:04:05');
});

test('the year is written only when it is not the present one', () => {
  expect(dayAndTime(at, 'UTC', at)).toBe('01 Mar 23:04:05');
  expect(dayAndTime(at, 'UTC', at + 400 * 86_400_000)).toBe('01 Mar 2026 23:04:05');
});

test('the title is UTC whatever the zone', () => expect(utcText(at)).toBe('2026-03-01 23:04:05.120 UTC'));

test('an unknown zone becomes UTC', () => {
  expect(knownZone('Mars/Olympus')).toBe('UTC');
  expect(knownZone(undefined)).toBe('UTC');
  expect(knownZone('Europe/Berlin')).toBe('Europe/Berlin');
});

test.each([
  [0, 'just now'],
  [-40_000, '40 s ago'],
  [-300_000, '5 min ago'],
  [-7_200_000, '2 h ago'],
  [-259_200_000, '3 days ago'],
  [600_000, 'in 10 min'],
])('%d ms away is %s', (deltaMs, text) => expect(relativeTime(at + deltaMs, at)).toBe(text));
