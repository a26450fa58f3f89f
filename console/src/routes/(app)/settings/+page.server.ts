import type {
  AuditList,
  ChannelList,
  ChannelTest,
  Invited,
  PersonList,
  TokenCreated,
  TokenList,
} from '#lib/api-types.ts';
import { act } from '#lib/server/act.ts';
import { read } from '#lib/server/api.ts';
import { fieldsOf } from '#lib/server/enter.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const [people, tokens, channels, audit] = await Promise.all([
    read<PersonList>(event, '/people'),
    read<TokenList>(event, '/tokens'),
    read<ChannelList>(event, '/channels'),
    read<AuditList>(event, '/audit', { cursor: event.url.searchParams.get('cursor') }),
  ]);
  return { title: 'Settings', people, tokens, channels, audit };
};

const tokenDays: Record<string, number | null> = { '30': 30, '90': 90, '365': 365, never: null };

export const actions: Actions = {
  invite: async (event) => {
    const body = await fieldsOf(event.request, ['email', 'name', 'role']);
    const done = ({ person, link }: Invited) => ({ link: { name: person.name, url: link } });
    return act(event, { method: 'POST', path: '/people', body }, done);
  },
  link: async (event) => {
    const { id = '', name = '' } = await fieldsOf(event.request, ['id', 'name']);
    const done = ({ link }: { link: string }) => ({ link: { name, url: link } });
    return act(event, { method: 'POST', path: `/people/${encodeURIComponent(id)}/link` }, done);
  },
  disable: async (event) => {
    const { id = '', disabled = '' } = await fieldsOf(event.request, ['id', 'disabled']);
    const body = { disabled: disabled === 'true' };
    return act(event, { method: 'PATCH', path: `/people/${encodeURIComponent(id)}`, body }, () => ({
      saved: true,
    }));
  },
  token: async (event) => {
    const { name = '', role = '', days = '' } = await fieldsOf(event.request, ['name', 'role', 'days']);
    const body = { name, role, expiresInDays: tokenDays[days] === undefined ? 90 : tokenDays[days] };
    const done = ({ token, secret }: TokenCreated) => ({ secret: { name: token.name, value: secret } });
    return act(event, { method: 'POST', path: '/tokens', body }, done);
  },
  revoke: async (event) => {
    const { id = '' } = await fieldsOf(event.request, ['id']);
    return act(event, { method: 'DELETE', path: `/tokens/${encodeURIComponent(id)}` }, () => ({
      saved: true,
    }));
  },
  channel: async (event) => {
    const { name = '' } = await fieldsOf(event.request, ['name']);
    const path = `/channels/${encodeURIComponent(name)}/test`;
    return act(event, { method: 'POST', path }, (result: ChannelTest) => ({
      test: { channel: name, result },
    }));
  },
};
