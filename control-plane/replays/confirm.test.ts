import { expect, test } from 'vitest';
import { type Awaiting, verdictOf } from './confirm.ts';
import type { Outcome } from './evidence.ts';

const sentAt = new Date('2026-11-23T12:00:00.000Z');
const later = (ms: number) => new Date(sentAt.getTime() + ms);
const item = (state: Awaiting['state']): Awaiting => ({
  position: 3,
  deadLetterId: 'l',
  messageId: 'm',
  key: null,
  sentAt,
  awaitedSince: sentAt,
  diedAt: null,
  state,
});
const said = (outcome: string, afterMs = 100): Outcome => ({
  messageId: 'm',
  outcome,
  at: later(afterMs),
  errorType: 'Timeout',
  traceId: 't',
  spanId: 's',
});
const minuteMs = 60_000;

test.each([
  ['a success', 'sent', [said('delivered')], 100, 'confirmed'],
  ['a success after failures', 'sent', [said('failed'), said('delivered')], 100, 'confirmed'],
  ['a failure', 'sent', [said('dead_lettered')], 100, 'refailed'],
  ['the failure of before', 'sent', [said('dead_lettered', -5000)], 100, undefined],
  ['a clock that is a second behind', 'sent', [said('delivered', -1000)], 100, 'confirmed'],
  ['no word yet', 'sent', [], 4 * minuteMs, undefined],
  ['no word in time', 'sent', [], 6 * minuteMs, 'unknown'],
  ['a late success', 'unknown', [said('delivered', 9 * minuteMs)], 10 * minuteMs, 'confirmed'],
  ['a late failure', 'unknown', [said('failed', 9 * minuteMs)], 10 * minuteMs, undefined],
  ['unknown without word', 'unknown', [], 100 * minuteMs, undefined],
  ['a duplicate that was discarded', 'sent', [said('discarded')], 100, 'confirmed'],
  ['a word that says nothing', 'sent', [said('retried')], 100, undefined],
] as const)('%s', (_name, state, outcomes, afterMs, expected) => {
  expect(verdictOf(item(state), outcomes, 5 * minuteMs, later(afterMs))?.state).toBe(expected);
});

test.each([
  ['died a second before: a failure dated before the send is that death', -1000, -500, undefined],
  ['died a second before: a failure dated after the send is of the send', -1000, 10, 'refailed'],
  ['died long before: the clock of the consumer may be behind', -minuteMs, -500, 'refailed'],
] as const)('%s', (_name, diedMs, saidMs, expected) => {
  const awaiting = { ...item('sent'), diedAt: later(diedMs) };
  const verdict = verdictOf(awaiting, [said('dead_lettered', saidMs)], 5 * minuteMs, later(100));
  expect(verdict?.state).toBe(expected);
});
