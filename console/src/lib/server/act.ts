import { fail, redirect, type RequestEvent } from '@sveltejs/kit';
import { signIn } from '#lib/routes.ts';
import { send } from './api.ts';

/** Sends a change to the API; gives `done` its answer, or the form the reason why not. */
export async function act<Data, Done extends object>(
  event: RequestEvent,
  request: { method: 'POST' | 'PATCH' | 'DELETE'; path: string; body?: unknown },
  done: (data: Data) => Done,
) {
  const result = await send<Data>(event, request.method, request.path, request.body);
  if (result.ok) return done(result.data);
  if (result.problem.status === 401) redirect(303, signIn(event.url.pathname));
  return fail(result.problem.status, {
    problem: { title: result.problem.title, detail: result.problem.detail },
  });
}
