import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  beginAct,
  beginCourse,
  defaultPolicy,
  mayBeDouble,
  nextAct,
  recordAct,
  type AlertState,
  type Course,
} from './course.ts';
import type { Delivery } from './notification.ts';

const start = Date.parse('2026-03-01T00:00:00Z');
const exchange = { request: '', answer: '' };
const delivered: Delivery = { kind: 'delivered', exchange };
const policy = defaultPolicy;

interface Receiver {
  /** Every act that arrived, doubles and those without an answer included. */
  readonly arrived: string[];
}

type Outcome = 'delivered' | 'lost' | 'unanswered' | 'refused' | 'crash before' | 'crash after';

/** What the sender learns, and whether the receiver got it. */
function attempt(outcome: Outcome): { arrives: boolean; delivery: Delivery | undefined } {
  switch (outcome) {
    case 'delivered':
      return { arrives: true, delivery: delivered };
    case 'lost':
      return { arrives: false, delivery: { kind: 'failed', reason: '', mayHaveArrived: false, exchange } };
    case 'unanswered':
      return { arrives: true, delivery: { kind: 'failed', reason: '', mayHaveArrived: true, exchange } };
    case 'refused':
      return { arrives: false, delivery: { kind: 'refused', reason: '', exchange } };
    case 'crash before':
      return { arrives: false, delivery: undefined };
    case 'crash after':
      return { arrives: true, delivery: undefined };
  }
}

function step(course: Course, alert: AlertState, now: Date, outcome: Outcome, receiver: Receiver): Course {
  const act = nextAct(course, alert, now, policy);
  if (!act) return course;
  const begun = beginAct(course, act);
  const { arrives, delivery } = attempt(outcome);
  if (arrives) receiver.arrived.push(act.id);
  return recordAct(begun, delivery, now, policy);
}

const outcomes: Outcome[] = ['delivered', 'lost', 'unanswered', 'refused', 'crash before', 'crash after'];
const happening = fc.record({
  what: fc.constantFrom('fires', 'clears', 'mutes', 'unmutes', 'nothing'),
  outcome: fc.constantFrom(...outcomes),
  waitS: fc.integer({ min: 0, max: 20_000 }),
});

test('whatever happens, what was triggered is resolved, and nothing that was not', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), (timeline) => {
      const receiver: Receiver = { arrived: [] };
      let now = start;
      let episodes = 0;
      let alert: AlertState = { isFiring: false, episode: '', isMuted: false };
      let course = beginCourse(new Date(now));
      for (const { what, outcome, waitS } of timeline) {
        if (what === 'fires' && !alert.isFiring) {
          episodes += 1;
          alert = { ...alert, isFiring: true, episode: `e${episodes}` };
        }
        if (what === 'clears') alert = { ...alert, isFiring: false };
        if (what === 'mutes' || what === 'unmutes') alert = { ...alert, isMuted: what === 'mutes' };
        course = step(course, alert, new Date(now), outcome, receiver);
        now += waitS * 1000;
      }
      // In the end it clears, and the provider works again.
      alert = { ...alert, isFiring: false };
      for (let round = 0; round < 5; round += 1) {
        now += policy.retryMsMax;
        course = step(course, alert, new Date(now), 'delivered', receiver);
      }
      expect(course.believes).toBe('no');
      const firstArrivals = [...new Set(receiver.arrived)];
      for (let one = 1; one <= episodes; one += 1) {
        const [trigger, resolve] = [`e${one}-trigger`, `e${one}-resolve`].map((id) =>
          firstArrivals.indexOf(id),
        );
        if (trigger === -1) continue;
        expect(resolve, `the resolve of episode ${one}`).toBeGreaterThan(trigger ?? 0);
      }
      // A receiver that knows ids never sees an alert begin while the one before is open.
      const begun = firstArrivals.filter((id) => /-(trigger|resolve)$/.test(id));
      const open = new Set<string>();
      for (const id of begun) {
        const episode = id.slice(0, id.indexOf('-'));
        if (id.endsWith('resolve')) open.delete(episode);
        else {
          expect([...open], `open when ${id} came`).toEqual([]);
          open.add(episode);
        }
      }
    }),
    { numRuns: 2000 },
  );
});

test('with a provider that always answers, each act goes out once', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), (timeline) => {
      const receiver: Receiver = { arrived: [] };
      let now = start;
      let alert: AlertState = { isFiring: false, episode: '', isMuted: false };
      let course = beginCourse(new Date(now));
      for (const [index, { what, waitS }] of timeline.entries()) {
        if (what === 'fires') alert = { ...alert, isFiring: true, episode: `e${index}` };
        if (what === 'clears') alert = { ...alert, isFiring: false };
        course = step(course, alert, new Date(now), 'delivered', receiver);
        now += waitS * 1000;
      }
      expect(new Set(receiver.arrived).size).toBe(receiver.arrived.length);
    }),
    { numRuns: 500 },
  );
});

const firing: AlertState = { isFiring: true, episode: 'e1', isMuted: false };
const at = (ms: number) => new Date(start + ms);

test('an alert that was resolved while it was muted is resolved at the receiver all the same', () => {
  const receiver: Receiver = { arrived: [] };
  let course = step(beginCourse(at(0)), firing, at(0), 'delivered', receiver);
  course = step(course, { ...firing, isMuted: true, isFiring: false }, at(1), 'delivered', receiver);
  expect(receiver.arrived).toEqual(['e1-trigger', 'e1-resolve']);
  expect(course.believes).toBe('no');
});

test('an alert that ends before it could be told is never told', () => {
  const receiver: Receiver = { arrived: [] };
  let course = step(beginCourse(at(0)), firing, at(0), 'lost', receiver);
  course = step(course, { ...firing, isFiring: false }, at(60_000), 'delivered', receiver);
  expect(receiver.arrived).toEqual([]);
  expect(nextAct(course, { ...firing, isFiring: false }, at(600_000), policy)).toBeUndefined();
});

test('a trigger without an answer is sent again under the same id, and is said to be perhaps a double', () => {
  const receiver: Receiver = { arrived: [] };
  const course = step(beginCourse(at(0)), firing, at(0), 'unanswered', receiver);
  const again = nextAct(course, firing, at(policy.retryMsMin), policy);
  expect(again?.id).toBe('e1-trigger');
  expect(mayBeDouble(beginAct(course, again ?? never()))).toBe(true);
});

test('a failure that surely did not arrive is no double', () => {
  const course = step(beginCourse(at(0)), firing, at(0), 'lost', { arrived: [] });
  const again = nextAct(course, firing, at(policy.retryMsMin), policy);
  expect(mayBeDouble(beginAct(course, again ?? never()))).toBe(false);
});

test.each([
  [1, 1000],
  [2, 2000],
  [5, 16_000],
  [12, policy.retryMsMax],
])('after %i failures in a row it waits %i ms', (times, waitMs) => {
  let course = beginCourse(at(0));
  let now = start;
  for (let one = 0; one < times; one += 1) {
    now = Math.max(now, course.notBefore.getTime());
    course = step(course, firing, new Date(now), 'lost', { arrived: [] });
  }
  expect(course.notBefore.getTime() - now).toBe(waitMs);
});

test('a provider that asks to be left alone is left alone', () => {
  const begun = beginAct(beginCourse(at(0)), { action: 'trigger', id: 'e1-trigger', episode: 'e1' });
  const busy: Delivery = { kind: 'failed', reason: '', waitMs: 30_000, mayHaveArrived: false, exchange };
  const course = recordAct(begun, busy, at(0), policy);
  expect(nextAct(course, firing, at(29_999), policy)).toBeUndefined();
  expect(nextAct(course, firing, at(30_000), policy)?.action).toBe('trigger');
});

test('a firing alert is told again after the time of repeating, not before, and not while it is muted', () => {
  const course = step(beginCourse(at(0)), firing, at(0), 'delivered', { arrived: [] });
  expect(nextAct(course, firing, at(policy.repeatMs - 1), policy)).toBeUndefined();
  expect(nextAct(course, { ...firing, isMuted: true }, at(policy.repeatMs), policy)).toBeUndefined();
  expect(nextAct(course, firing, at(policy.repeatMs), policy)?.id).toBe('e1-update-1');
});

function never(): never {
  throw new Error('There was nothing to send.');
}
