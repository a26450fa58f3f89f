import { enter, fieldsOf } from '#lib/server/enter.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = ({ url }) => ({
  title: 'Welcome',
  token: url.searchParams.get('token') ?? '',
});

export const actions: Actions = {
  default: async (event) => {
    const {
      token = '',
      name = '',
      email = '',
      password = '',
    } = await fieldsOf(event.request, ['token', 'name', 'email', 'password']);
    return enter(event, '/welcome', { token, name, email, password }, '/', { name, email });
  },
};
