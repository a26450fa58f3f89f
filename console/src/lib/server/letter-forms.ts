import { fail, redirect, type RequestEvent } from '@sveltejs/kit';
import type { DeadLetterActionResult, DeadLetterBulk, ReplayDetail } from '#lib/api-types.ts';
import { count, counted } from '#lib/format/number.ts';
import { routes } from '#lib/routes.ts';
import { act } from './act.ts';
import { fieldsOf } from './enter.ts';

const filtersMax = 50;

/** Changes all that some filters name: acknowledge, assign, tag, snooze, resolve and so on. */
export async function changeLetters(event: RequestEvent) {
  const fields = await fieldsOf(event.request, [
    'filters',
    'revision',
    'kind',
    'reason',
    'person',
    'add',
    'remove',
    'until',
  ]);
  const filters = listOf(fields['filters']);
  if (!filters) return fail(400, { problem: badForm });
  let [changed, skipped, many] = [0, 0, 0];
  for (const filter of filters) {
    const body = { filter, action: actionOf(fields), ...revisionOf(fields['revision']) };
    const path = '/dead-letters/actions';
    const result = await act(event, { method: 'POST', path, body }, (done: DeadLetterActionResult) => done);
    if (!('changed' in result)) return result;
    changed += result.changed;
    skipped += result.skipped;
    many += result.bulk?.letters ?? 0;
  }
  const rest =
    skipped > 0 ? `; ${counted(skipped, 'letter')} left as ${skipped === 1 ? 'it is' : 'they are'}` : '';
  const now =
    changed + skipped > 0 || many === 0 ? `${counted(changed, 'dead letter')} changed${rest}. ` : '';
  const later = many > 0 ? `${counted(many, 'dead letter')} are being changed: see how far it is below.` : '';
  return { done: (now + later).trim() };
}

/** Stops a change of many letters after the part under way. */
export async function cancelBulk(event: RequestEvent) {
  const { bulk = '' } = await fieldsOf(event.request, ['bulk']);
  const path = `/dead-letters/bulks/${encodeURIComponent(bulk)}/cancel`;
  return act(event, { method: 'POST', path }, ({ changed, letters }: DeadLetterBulk) => ({
    done: `Cancelled: ${counted(changed, 'dead letter')} of ${count(letters)} changed, the rest as before.`,
  }));
}

/** Asks for a preview and leads to it. */
export async function previewReplay(event: RequestEvent) {
  const fields = await fieldsOf(event.request, [
    'filters',
    'reason',
    'revision',
    'patch',
    'destination',
    'perSecond',
    'haltPercent',
    'stages',
    'scheduledFor',
    'superseded',
    'quarantined',
    'forceReason',
  ]);
  const [filter, second] = listOf(fields['filters']) ?? [];
  if (!filter || second) return fail(400, { problem: badForm });
  const body = { filter, ...replayOf(fields) };
  const result = await act(
    event,
    { method: 'POST', path: '/replays', body },
    (replay: ReplayDetail) => replay,
  );
  if ('id' in result) redirect(303, routes(undefined).replay(result.id));
  return result;
}

/** Writes a note on a message, or on a cause. */
export async function addNote(event: RequestEvent) {
  const { text, deadLetter, flow, cause } = await fieldsOf(event.request, [
    'text',
    'deadLetter',
    'flow',
    'cause',
  ]);
  const body = { text, on: cause ? { flow, cause } : { deadLetter } };
  return act(event, { method: 'POST', path: '/dead-letters/notes', body }, () => ({
    done: 'The note is written.',
  }));
}

const badForm = { title: 'This form cannot be read', detail: 'Load the page again, then choose anew.' };

function listOf(text: string | undefined): object[] | undefined {
  const value = parse(text);
  const isList = Array.isArray(value) && value.length > 0 && value.length <= filtersMax;
  return isList && value.every((one) => typeof one === 'object' && one !== null)
    ? (value as object[])
    : undefined;
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

function revisionOf(text: string | undefined) {
  return text ? { revision: Number(text) } : {};
}

function actionOf({ kind, reason, person, add, remove, until }: Record<string, string>) {
  switch (kind) {
    case 'assign':
      return { kind, person: person || null };
    case 'tag':
      return { kind, add: words(add), remove: words(remove) };
    case 'snooze':
      return { kind, until: until ? new Date(Date.now() + Number(until) * 3_600_000).toISOString() : null };
    case 'resolve':
    case 'ignore':
    case 'release':
      return { kind, reason };
    default:
      return { kind };
  }
}

function words(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);
}

/** What differs from the policy is sent; the rest is the policy's. */
function replayOf(fields: Record<string, string>) {
  const number = (text: string | undefined) => (text ? Number(text) : undefined);
  const halt = number(fields['haltPercent']);
  const stages = words(fields['stages']).map(Number);
  const isForced = fields['superseded'] === 'on' || fields['quarantined'] === 'on';
  const scheduled = fields['scheduledFor'];
  return {
    reason: fields['reason'],
    ...revisionOf(fields['revision']),
    patch: parse(fields['patch']),
    destination: fields['destination'] || undefined,
    perSecond: number(fields['perSecond']),
    haltRatio: halt === undefined ? undefined : halt / 100,
    stages: stages.length > 0 ? stages : undefined,
    scheduledFor: scheduled ? new Date(scheduled).toISOString() : undefined,
    force: isForced
      ? {
          superseded: fields['superseded'] === 'on',
          quarantined: fields['quarantined'] === 'on',
          reason: fields['forceReason'],
        }
      : undefined,
  };
}
