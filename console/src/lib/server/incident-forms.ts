import { redirect, type RequestEvent } from '@sveltejs/kit';
import type { Incident } from '#lib/api-types.ts';
import { routes } from '#lib/routes.ts';
import { act } from './act.ts';
import { fieldsOf } from './enter.ts';

type OneIncident = RequestEvent & { params: { number: string } };

const told: Record<string, string> = {
  acknowledge: 'Acknowledged: everybody sees that you are at it.',
  restore: 'Kept as restored.',
  close: 'Closed.',
  reopen: 'Open again.',
};

const pathOf = ({ params }: OneIncident) => `/incidents/${encodeURIComponent(params.number)}`;

/** Opens an incident and goes to its page. */
export async function openIncident(event: RequestEvent) {
  const { title, severity, flow, note } = await fieldsOf(event.request, [
    'title',
    'severity',
    'flow',
    'note',
  ]);
  const body = { title, severity, flows: flow ? [flow] : [], note: note || undefined };
  const result = await act(event, { method: 'POST', path: '/incidents', body }, ({ number }: Incident) => ({
    number,
  }));
  if ('number' in result) redirect(303, routes(event.url).incident(result.number));
  return result;
}

/** Acknowledges, restores, closes or reopens. */
export async function moveIncident(event: OneIncident) {
  const { step = '', text } = await fieldsOf(event.request, ['step', 'text']);
  return act(
    event,
    { method: 'POST', path: `${pathOf(event)}/steps`, body: { step, text } },
    (_: Incident) => ({
      done: told[step] ?? '',
    }),
  );
}

/** Adds a line to the timeline. */
export async function noteIncident(event: OneIncident) {
  const { text } = await fieldsOf(event.request, ['text']);
  return act(event, { method: 'POST', path: `${pathOf(event)}/notes`, body: { text } }, () => ({ done: '' }));
}

/** Changes what is said of it: only the fields that the form has. */
export async function changeIncident(event: OneIncident) {
  const form = await event.request.formData();
  const text = (name: string) => {
    const value = form.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  const assignee = text('assignee');
  const body = {
    revision: Number(text('revision')),
    title: text('title'),
    severity: text('severity'),
    summary: text('summary'),
    ...(assignee === undefined ? {} : { assignee: assignee || null }),
  };
  return act(event, { method: 'PATCH', path: pathOf(event), body }, (_: Incident) => ({ done: 'Kept.' }));
}
