import type { Cookies } from '@sveltejs/kit';
import { sessionCookie } from './session-cookie.ts';

/** Value and life of the session cookie in the API's answer; undefined when it set none. */
export function sessionOf(
  setCookies: readonly string[],
): { value: string; maxAgeSeconds: number | undefined } | undefined {
  const line = setCookies.find((one) => one.startsWith(`${sessionCookie}=`));
  if (!line) return undefined;
  const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
  const maxAge = attributes.find((one) => /^max-age=/i.test(one))?.split('=')[1];
  const seconds = maxAge === undefined ? undefined : Number(maxAge);
  return {
    value: decodeURIComponent(pair.slice(sessionCookie.length + 1)),
    maxAgeSeconds: Number.isFinite(seconds) ? seconds : undefined,
  };
}

/** Hands the API's session cookie on to the browser. False when there was none. */
export function keepSession(cookies: Cookies, response: Response): boolean {
  const session = sessionOf(response.headers.getSetCookie());
  if (!session) return false;
  cookies.set(sessionCookie, session.value, {
    path: '/',
    secure: true,
    httpOnly: true,
    sameSite: 'lax',
    ...(session.maxAgeSeconds === undefined ? {} : { maxAge: session.maxAgeSeconds }),
  });
  return true;
}
