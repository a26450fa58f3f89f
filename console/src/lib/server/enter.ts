import { fail, redirect, type RequestEvent } from '@sveltejs/kit';
import { problemOf, unreachable, type Problem } from '#lib/result.ts';
import { callApi } from './api.ts';
import { keepSession } from './session.ts';

/** Sends what a person typed to the API; leads into the console with a session, or back with the reason. */
export async function enter<Shown>(
  event: RequestEvent,
  path: '/session' | '/welcome',
  body: Record<string, string>,
  next: string,
  shown: Shown,
) {
  const refuse = (problem: Problem) => fail(problem.status, { ...shown, problem: plain(problem) });
  let response: Response;
  try {
    const headers = { 'content-type': 'application/json' };
    response = await callApi(event, path, { method: 'POST', body: JSON.stringify(body), headers });
  } catch {
    return refuse(unreachable);
  }
  if (!response.ok) return refuse(problemOf(response.status, await response.json().catch(() => null)));
  if (!keepSession(event.cookies, response)) {
    return refuse({
      status: 502,
      title: 'No session',
      detail: 'The API accepted this but gave no session.',
      code: 'no_session',
    });
  }
  redirect(303, next);
}

/** Form data as text; files and missing fields become empty. */
export async function fieldsOf(request: Request, names: readonly string[]): Promise<Record<string, string>> {
  const form = await request.formData();
  return Object.fromEntries(
    names.map((name) => {
      const value = form.get(name);
      return [name, typeof value === 'string' ? value : ''];
    }),
  );
}

function plain({ title, detail }: Problem): { title: string; detail: string } {
  return { title, detail };
}
