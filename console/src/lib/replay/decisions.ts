import type { ReplayDetail } from '../api-types.ts';

export type Decision = ReplayDetail['may'][number];

/** Above this many messages whoever sends types how many, so that no slip of the hand does it. */
export const typedAbove = 100;

interface DecisionText {
  readonly label: string;
  readonly note: string;
  readonly class?: string;
  readonly asksReason?: boolean;
}

export const decisionTexts: Record<Decision, DecisionText> = {
  start: {
    label: 'Start',
    note: 'The canary is sent first; the rest follows only when it is confirmed.',
    class: 'button-primary',
  },
  submit: {
    label: 'Ask for approval',
    note: 'Somebody else with the role operator sees exactly this and decides. Nothing is sent until then.',
    class: 'button-primary',
  },
  approve: {
    label: 'Approve',
    note: 'Your approval is of exactly what is shown here. The canary is sent first.',
    class: 'button-primary',
  },
  reject: {
    label: 'Reject',
    note: 'Nothing is sent, and the messages wait as before.',
    class: 'button-danger',
    asksReason: true,
  },
  pause: { label: 'Pause', note: 'Nothing more is sent until somebody resumes it.' },
  resume: { label: 'Resume', note: 'It goes on where it stopped.', class: 'button-primary' },
  cancel: {
    label: 'Cancel the replay',
    note: 'Nothing more is sent. What was sent already stays sent, and is still followed up.',
    class: 'button-danger',
    asksReason: true,
  },
};
