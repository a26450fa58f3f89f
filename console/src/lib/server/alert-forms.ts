import type { RequestEvent } from '@sveltejs/kit';
import type { Alert, Silence } from '#lib/api-types.ts';
import { act } from './act.ts';
import { fieldsOf } from './enter.ts';

/** Says that whoever is signed in has the alert, and for how long it is not told again. */
export async function acknowledgeAlert(event: RequestEvent & { params: { episode: string } }) {
  const { minutes } = await fieldsOf(event.request, ['minutes']);
  const path = `/alerts/${encodeURIComponent(event.params.episode)}/acknowledge`;
  return act(event, { method: 'POST', path, body: { minutes: Number(minutes) } }, (_: Alert) => ({
    done: 'You have it: it is not told again until that time is over. That it is over is told at once.',
  }));
}

/** Holds back what matches for some hours. */
export async function silence(event: RequestEvent) {
  const { by = '', value, hours, reason } = await fieldsOf(event.request, ['by', 'value', 'hours', 'reason']);
  const endsAt = new Date(Date.now() + Number(hours) * 3_600_000).toISOString();
  const body = { match: { [by]: value }, endsAt, reason };
  return act(event, { method: 'POST', path: '/silences', body }, (_: Silence) => ({
    done: 'Silenced: what it matches is evaluated as before, and nobody is told.',
  }));
}

/** Ends a silence early. */
export async function endSilence(event: RequestEvent) {
  const { id = '' } = await fieldsOf(event.request, ['id']);
  const path = `/silences/${encodeURIComponent(id)}/end`;
  return act(event, { method: 'POST', path }, (_: Silence) => ({
    done: 'Ended: what still fires is told now.',
  }));
}
