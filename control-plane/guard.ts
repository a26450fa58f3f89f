import { createMiddleware } from 'hono/factory';
import { matchedRoutes } from 'hono/route';
import { authenticate } from './access/authenticate.ts';
import { reaches } from './actor.ts';
import type { Context } from './context.ts';
import { policy, type Access } from './policy.ts';
import { Problem } from './problem.ts';
import type { AppContext, AppEnv } from './router.ts';

const reading = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Lets a request through when the policy of its route allows its actor, and never otherwise. */
export function guard(context: Context) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const access = accessOf(c);
    if (access === 'nothing' || access === 'public') {
      if (!reading.has(c.req.method)) refuseOtherSites(c, context.config.publicUrl);
      return next();
    }
    const found = await authenticate(context, c.req.raw.headers);
    if (!found)
      throw new Problem('not_signed_in', 'Sign in, or send an API token as a bearer token.', {
        headers: { 'www-authenticate': 'Bearer' },
      });
    if (found.by === 'cookie' && !reading.has(c.req.method)) refuseOtherSites(c, context.config.publicUrl);
    if (!reaches(found.actor.role, access)) {
      throw new Problem(
        'forbidden',
        `This needs the role ${access}; you have ${found.actor.role}. Ask an administrator.`,
      );
    }
    c.set('actor', found.actor);
    return next();
  });
}

/** The policy of the handler that will answer, which is the first that matches; `nothing` ends in 404 or 405. */
function accessOf(c: AppContext): Access | 'nothing' {
  const handler = matchedRoutes(c).find(({ method }) => method !== 'ALL');
  if (!handler) return 'nothing';
  const access = policy[`${handler.method} ${handler.path}`];
  if (access === undefined) throw new Error(`${handler.method} ${handler.path} has no policy`);
  return access;
}

/** A browser says where a request comes from; one from another site never acts with this site's cookie. */
function refuseOtherSites(c: AppContext, publicUrl: string): void {
  const site = c.req.header('sec-fetch-site');
  const origin = c.req.header('origin');
  const ours =
    origin === undefined ||
    origin === new URL(publicUrl).origin ||
    origin === new URL(c.req.url).origin ||
    isSameLoopback(origin, publicUrl);
  if ((site === undefined || site === 'same-origin' || site === 'none') && ours) return;
  throw new Problem('cross_origin', 'A request that changes something must come from the console itself.');
}

/** localhost and 127.0.0.1 are one machine under two names; a person may type either. */
function isSameLoopback(origin: string, publicUrl: string): boolean {
  if (!URL.canParse(origin)) return false;
  const [one, other] = [new URL(origin), new URL(publicUrl)];
  const loopback = ['localhost', '127.0.0.1', '[::1]'];
  return one.port === other.port && loopback.includes(one.hostname) && loopback.includes(other.hostname);
}
