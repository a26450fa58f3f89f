import { redirect } from '@sveltejs/kit';
import type { Session } from '#lib/api-types.ts';
import { signIn } from '#lib/routes.ts';
import { ask } from '#lib/server/api.ts';
import type { LayoutServerLoad } from './$types';

/** Who is signed in. With the API away the shell still stands and each page says what failed. */
export const load: LayoutServerLoad = async (event) => {
  const session = await ask<Session>(event, '/session', { method: 'GET' });
  if (session.ok) return { session: session.data };
  if (session.problem.status === 401)
    redirect(303, signIn(event.untrack(() => event.url.pathname + event.url.search)));
  return {};
};
