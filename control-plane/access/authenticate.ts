import type { Actor } from '../actor.ts';
import type { Context } from '../context.ts';
import { actorOfSession, sessionCookie } from './sessions.ts';
import { actorOfToken } from './tokens.ts';

/** Who sends a request, by its bearer token, else by its session cookie. A bad token never falls back to the cookie. */
export async function authenticate(
  context: Context,
  headers: Headers,
): Promise<{ actor: Actor; by: 'token' | 'cookie' } | undefined> {
  const authorization = headers.get('authorization');
  if (authorization !== null) {
    const secret = /^Bearer +(\S{1,200})$/i.exec(authorization)?.[1];
    const actor = secret ? await actorOfToken(context, secret) : undefined;
    return actor && { actor, by: 'token' };
  }
  const secret = sessionSecretOf(headers);
  const actor = secret ? await actorOfSession(context, secret) : undefined;
  return actor && { actor, by: 'cookie' };
}

/** The secret in the session cookie, if there is one. */
export function sessionSecretOf(headers: Headers): string | undefined {
  for (const pair of (headers.get('cookie') ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === sessionCookie && value) return value;
  }
  return undefined;
}
