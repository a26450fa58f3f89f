import { redirect } from '@sveltejs/kit';
import { safeNext } from '#lib/routes.ts';
import { ask } from '#lib/server/api.ts';
import { enter, fieldsOf } from '#lib/server/enter.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  if (event.locals.session) {
    const session = await ask(event, '/session', { method: 'GET' });
    if (session.ok) redirect(303, safeNext(event.url.searchParams.get('next')));
  }
  return { title: 'Sign in', hasEnded: event.locals.session !== undefined };
};

export const actions: Actions = {
  default: async (event) => {
    const { email = '', password = '' } = await fieldsOf(event.request, ['email', 'password']);
    const next = safeNext(event.url.searchParams.get('next'));
    return enter(event, '/session', { email, password }, next, { email });
  },
};
