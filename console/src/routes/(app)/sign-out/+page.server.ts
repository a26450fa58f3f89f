import { redirect } from '@sveltejs/kit';
import { send } from '#lib/server/api.ts';
import { sessionCookie } from '#lib/server/session-cookie.ts';
import type { Actions } from './$types';

export const actions: Actions = {
  default: async (event) => {
    await send(event, 'DELETE', '/session');
    event.cookies.delete(sessionCookie, { path: '/', secure: true, httpOnly: true });
    redirect(303, '/sign-in');
  },
};
