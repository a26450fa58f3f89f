import type { Delivery } from './notification.ts';

/**
 * How one channel is told of one alert, as a comparison of what is so with what the channel believes. Nothing depends on
 * having seen a change happen, so restarts, mutes and lost answers in between change nothing of the outcome: whatever
 * was triggered, or may have been, is resolved once.
 */
export interface Course {
  /** Whether the channel believes that the alert fires: `maybe` after a trigger that went out without an answer. */
  readonly believes: 'no' | 'maybe' | 'yes';
  /** The episode of the alert that it was told of; '' before the first. */
  readonly episode: string;
  /** Written before something is sent, so that whoever finds it after a crash knows that it may have arrived. */
  readonly sending: Act | null;
  /** What failed last, until something was taken. */
  readonly tried: Tried | null;
  /** Nothing is sent before. */
  readonly notBefore: Date;
  /** The last time that the channel took a trigger or an update. */
  readonly toldAt: Date | null;
  readonly updates: number;
}

export interface Tried {
  readonly id: string;
  readonly times: number;
  /** One of the attempts went out and no answer came. */
  readonly mayHaveArrived: boolean;
}

export interface Act {
  readonly action: 'trigger' | 'update' | 'resolve';
  /** The same when the same is sent again: what receivers know it by. */
  readonly id: string;
  readonly episode: string;
}

/** An alert as it is now. */
export interface AlertState {
  readonly isFiring: boolean;
  /** Another one each time that it fires anew. */
  readonly episode: string;
  /** By a silence, a maintenance window or an acknowledgement: only what begins or repeats is held back. */
  readonly isMuted: boolean;
  /** When an acknowledgement ran out that nobody renewed: whoever was told before is told again. */
  readonly tellAgainAt?: Date | null;
}

export interface CoursePolicy {
  /** A firing alert is told again after this long. */
  readonly repeatMs: number;
  readonly retryMsMin: number;
  readonly retryMsMax: number;
}

export const defaultPolicy: CoursePolicy = {
  repeatMs: 4 * 60 * 60_000,
  retryMsMin: 1000,
  retryMsMax: 5 * 60_000,
};

export function beginCourse(at: Date): Course {
  return { believes: 'no', episode: '', sending: null, tried: null, notBefore: at, toldAt: null, updates: 0 };
}

/** What is to be sent now; undefined: nothing. A course that is sending has to be recovered or recorded first. */
export function nextAct(course: Course, alert: AlertState, now: Date, policy: CoursePolicy): Act | undefined {
  if (course.sending || now < course.notBefore) return undefined;
  return dueAct(course, alert, now, policy);
}

function dueAct(course: Course, alert: AlertState, now: Date, policy: CoursePolicy): Act | undefined {
  const isOver = !alert.isFiring || alert.episode !== course.episode;
  if (course.believes !== 'no' && isOver) {
    return { action: 'resolve', id: `${course.episode}-resolve`, episode: course.episode };
  }
  if (!alert.isFiring || alert.isMuted) return undefined;
  const { episode } = alert;
  if (course.believes !== 'yes') return { action: 'trigger', id: `${episode}-trigger`, episode };
  const toldMs = course.toldAt?.getTime() ?? 0;
  const againMs = alert.tellAgainAt?.getTime() ?? 0;
  const repeatMs = toldMs < againMs ? Math.min(againMs, toldMs + policy.repeatMs) : toldMs + policy.repeatMs;
  if (now.getTime() < repeatMs) return undefined;
  return { action: 'update', id: `${episode}-update-${course.updates + 1}`, episode };
}

/** To be stored before the act is sent. */
export function beginAct(course: Course, act: Act): Course {
  return { ...course, sending: act, episode: act.episode };
}

/** Whether the receiver may have this already: where it does not know ids, it is told so. */
export function mayBeDouble({ sending, tried }: Course): boolean {
  return tried !== null && tried.id === sending?.id && tried.mayHaveArrived;
}

/** To be stored after it. @param delivery undefined: whoever sent it died, so nobody knows what became of it */
export function recordAct(
  course: Course,
  delivery: Delivery | undefined,
  now: Date,
  policy: CoursePolicy,
): Course {
  const act = course.sending;
  if (!act) return course;
  const ended = { ...course, sending: null };
  if (delivery?.kind === 'delivered') return takenIn(ended, act, now);
  const before = course.tried?.id === act.id ? course.tried : { times: 0, mayHaveArrived: false };
  const mayHaveArrived = delivery === undefined || (delivery.kind === 'failed' && delivery.mayHaveArrived);
  const tried = {
    id: act.id,
    times: before.times + 1,
    mayHaveArrived: before.mayHaveArrived || mayHaveArrived,
  };
  const believes = act.action === 'trigger' && mayHaveArrived ? 'maybe' : course.believes;
  const notBefore = new Date(now.getTime() + waitMs(tried.times, delivery, policy));
  return { ...ended, believes, tried, notBefore };
}

function takenIn(course: Course, { action }: Act, now: Date): Course {
  const taken = { ...course, tried: null, notBefore: now };
  if (action === 'resolve') return { ...taken, believes: 'no', toldAt: null, updates: 0 };
  return { ...taken, believes: 'yes', toldAt: now, updates: course.updates + Number(action === 'update') };
}

/** Longer each time, or as long as the provider asks for; what needs a person is tried seldom. */
function waitMs(times: number, delivery: Delivery | undefined, policy: CoursePolicy): number {
  if (delivery?.kind === 'refused' || delivery?.kind === 'gone') return policy.retryMsMax;
  const asked = delivery?.kind === 'failed' ? (delivery.waitMs ?? 0) : 0;
  const growing = policy.retryMsMin * 2 ** Math.min(20, times - 1);
  return Math.min(policy.retryMsMax, Math.max(asked, growing));
}
