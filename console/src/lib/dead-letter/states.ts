import type { DeadLetterSource, DeadLetterState } from '../api-types.ts';
import type { Status } from '../status.ts';

export const letterStates: Record<DeadLetterState, Status> = {
  open: { label: 'Open', tone: 'bad', icon: 'bin' },
  acknowledged: { label: 'Acknowledged', tone: 'warn', icon: 'clock' },
  replaying: { label: 'Replaying', tone: 'silent', icon: 'retry' },
  resolved: { label: 'Resolved', tone: 'good', icon: 'check' },
  ignored: { label: 'Ignored', tone: 'idle', icon: 'skip' },
  quarantined: { label: 'Quarantined', tone: 'bad', icon: 'alert' },
};

export const sourceStates: Record<DeadLetterSource['state'], Status> = {
  connected: { label: 'Connected', tone: 'good', icon: 'check' },
  waiting: { label: 'Waiting', tone: 'idle', icon: 'clock' },
  disconnected: { label: 'Disconnected', tone: 'warn', icon: 'alert' },
  refused: { label: 'Refused', tone: 'bad', icon: 'cross' },
};

/** What a person can do next with a letter, in one sentence. */
export const nextSteps: Record<DeadLetterState, string> = {
  open: 'Nobody has taken it yet. Acknowledge it, mend its cause, then replay it.',
  acknowledged: 'Somebody looks into it. Once its cause is mended, replay it.',
  replaying: 'A replay holds it. What becomes of it shows there.',
  resolved: 'It is done with. Reopen it when that turns out to be wrong.',
  ignored: 'It was put aside for good. Reopen it when that turns out to be wrong.',
  quarantined:
    'It failed too often with the same cause. An engineer can release it, or force a replay with a reason.',
};
