import { fail, type RequestEvent } from '@sveltejs/kit';
import type { ReplayDetail, ReplayResent } from '#lib/api-types.ts';
import { act } from './act.ts';
import { fieldsOf } from './enter.ts';

const decisions = ['submit', 'start', 'approve', 'reject', 'pause', 'resume', 'cancel'] as const;
type Decision = (typeof decisions)[number];
const told: Record<Decision, string> = {
  submit: 'Approval is asked for. Anybody else with the role operator can decide.',
  start: 'The replay is started.',
  approve: 'Approved: it begins.',
  reject: 'Rejected. Its messages wait as before.',
  pause: 'Paused: nothing more is sent until somebody resumes it.',
  resume: 'It goes on.',
  cancel: 'Cancelled: nothing more is sent.',
};

/** Starts, approves, pauses and so on: the one thing that a button of the page asks for. */
export async function decideReplay(event: RequestEvent & { params: { id: string } }) {
  const fields = await fieldsOf(event.request, ['decision', 'revision', 'approvalHash', 'reason']);
  const decision = decisions.find((one) => one === fields['decision']);
  if (!decision) return fail(400, { problem: { title: 'No such act', detail: 'Load the page again.' } });
  const body = {
    revision: Number(fields['revision']),
    approvalHash: fields['approvalHash'] || undefined,
    reason: fields['reason'] || undefined,
  };
  const path = `/replays/${encodeURIComponent(event.params.id)}/${decision}`;
  return act(event, { method: 'POST', path, body }, ({ state }: ReplayDetail) => ({
    done: told[decision],
    state,
  }));
}

/** Says of a send without a known outcome whether it arrived. */
export async function giveVerdict(event: RequestEvent & { params: { id: string } }) {
  const { position = '', verdict, reason } = await fieldsOf(event.request, ['position', 'verdict', 'reason']);
  const path = `/replays/${encodeURIComponent(event.params.id)}/items/${encodeURIComponent(position)}/verdict`;
  const body = { verdict, reason };
  return act(event, { method: 'POST', path, body }, (_replay: ReplayDetail) => ({
    done: 'The verdict is kept.',
  }));
}

/** Sends one message of unknown outcome again, to a target that drops the second of two. */
export async function sendAgain(event: RequestEvent & { params: { id: string } }) {
  const { position = '', reason } = await fieldsOf(event.request, ['position', 'reason']);
  const path = `/replays/${encodeURIComponent(event.params.id)}/resend`;
  const body = { positions: [Number(position)], reason };
  return act(event, { method: 'POST', path, body }, ({ accepted, leftOut }: ReplayResent) => ({
    done:
      accepted > 0
        ? 'Sent again: the target has it once, and its consumer is awaited.'
        : `Not sent again: ${leftOut[0]?.reason ?? 'the answer was lost once more'}.`,
  }));
}
