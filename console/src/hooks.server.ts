import { redirect } from '@sveltejs/kit';
import type { Handle, HandleServerError } from '@sveltejs/kit/hooks';
import { signIn } from '#lib/routes.ts';
import { sessionCookie } from '#lib/server/session-cookie.ts';
import { knownZone } from '#lib/time/instant.ts';

/** Pages that a person without a session may see. */
const open = new Set(['/sign-in', '/welcome']);

export const handle: Handle = async ({ event, resolve }) => {
  const theme = event.cookies.get('theme');
  event.locals.session = event.cookies.get(sessionCookie);
  event.locals.theme = theme === 'light' || theme === 'dark' ? theme : 'system';
  event.locals.zone = knownZone(event.cookies.get('zone'));
  event.locals.navOpen = event.cookies.get('nav') !== 'closed';

  if (!event.locals.session && !open.has(event.url.pathname)) {
    if (event.route.id?.startsWith('/(data)')) return new Response('Sign in first.', { status: 401 });
    redirect(303, signIn(event.url.pathname + event.url.search));
  }
  const response = await resolve(event, {
    transformPageChunk: ({ html }) => html.replace('%plumbline.theme%', event.locals.theme),
  });
  secure(response.headers);
  return response;
};

/** The content security policy comes from SvelteKit, with a nonce for each answer. */
function secure(headers: Headers): void {
  headers.set('x-content-type-options', 'nosniff');
  headers.set('referrer-policy', 'same-origin');
  headers.set('x-frame-options', 'DENY');
  headers.set('cross-origin-opener-policy', 'same-origin');
  headers.set('permissions-policy', 'camera=(), geolocation=(), microphone=(), payment=()');
  if (!headers.has('cache-control')) headers.set('cache-control', 'private, no-store');
}

export const handleError: HandleServerError = (caught) => {
  if (caught.kind === 'app') return {};
  if (caught.kind === 'framework') {
    return caught.error.status === 404 ? { message: 'There is no such page' } : {};
  }
  const { error } = caught;
  const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const line = {
    time: new Date().toISOString(),
    level: 'error',
    msg: 'page failed',
    path: caught.event.url.pathname,
    cause,
  };
  process.stderr.write(`${JSON.stringify(line)}\n`);
  return { message: 'The console failed', hint: 'This is a fault of the console itself; its log says more.' };
};
