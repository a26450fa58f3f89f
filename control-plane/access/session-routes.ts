import { createRoute, type z } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { problemResponses } from '../problem.ts';
import { actorOf, createRouter } from '../router.ts';
import { changePassword } from './change-password.ts';
import { followLink } from './links.ts';
import { forgetFirstLink } from './local-files.ts';
import { emailOf } from './people.ts';
import { IdParam, PasswordChange, SessionList, SessionView, SignIn, Welcome } from './schemas.ts';
import { endSession, lifeMsMax, listSessions, sessionCookie, sessionCookieHeader } from './sessions.ts';
import { signIn } from './sign-in.ts';
import { visitorOf } from './visitor.ts';

const lifeSeconds = lifeMsMax / 1000;
const json = <Schema extends z.ZodType>(schema: Schema) => ({ content: { 'application/json': { schema } } });
const started = {
  204: {
    description: 'Signed in',
    headers: {
      'set-cookie': { schema: { type: 'string' as const }, description: `The session: ${sessionCookie}` },
    },
  },
  ...problemResponses,
};

const startSession = createRoute({
  method: 'post',
  path: '/session',
  summary: 'Sign in by e-mail and password',
  request: { body: { ...json(SignIn), required: true } },
  responses: started,
});

const welcome = createRoute({
  method: 'post',
  path: '/welcome',
  summary: 'Follow a one-time link: choose a password and sign in',
  request: { body: { ...json(Welcome), required: true } },
  responses: started,
});

const readSession = createRoute({
  method: 'get',
  path: '/session',
  summary: 'Who am I?',
  responses: { 200: { description: 'The actor of this request', ...json(SessionView) }, ...problemResponses },
});

const leave = createRoute({
  method: 'delete',
  path: '/session',
  summary: 'Sign out',
  responses: { 204: { description: 'Signed out' }, ...problemResponses },
});

const newPassword = createRoute({
  method: 'post',
  path: '/session/password',
  summary: 'Change my password',
  description: 'Ends every session of mine and starts a new one.',
  request: { body: { ...json(PasswordChange), required: true } },
  responses: started,
});

const mySessions = createRoute({
  method: 'get',
  path: '/sessions',
  summary: 'My sessions',
  responses: { 200: { description: 'Newest use first', ...json(SessionList) }, ...problemResponses },
});

const endOther = createRoute({
  method: 'delete',
  path: '/sessions/{id}',
  summary: 'End one of my sessions',
  request: { params: IdParam },
  responses: { 204: { description: 'Ended' }, ...problemResponses },
});

export function sessionRoutes(context: Context) {
  return createRouter()
    .openapi(startSession, async (c) => {
      const secret = await signIn(context, c.req.valid('json'), visitorOf(c, context), c.get('requestId'));
      c.header('set-cookie', sessionCookieHeader(secret, lifeSeconds));
      return c.body(null, 204);
    })
    .openapi(welcome, async (c) => {
      const secret = await followLink(
        context,
        c.req.valid('json'),
        visitorOf(c, context),
        c.get('requestId'),
      );
      await forgetFirstLink(context);
      c.header('set-cookie', sessionCookieHeader(secret, lifeSeconds));
      return c.body(null, 204);
    })
    .openapi(readSession, async (c) => {
      const actor = actorOf(c);
      const email = actor.kind === 'person' ? await emailOf(context, actor.id) : '';
      const user = { id: actor.id, name: actor.name, email, role: actor.role };
      return c.json({ user, kind: actor.kind }, 200);
    })
    .openapi(leave, async (c) => {
      const actor = actorOf(c);
      if (actor.sessionId) await endSession(context, actor, actor.sessionId, c.get('requestId'));
      c.header('set-cookie', sessionCookieHeader('', 0));
      return c.body(null, 204);
    })
    .openapi(newPassword, async (c) => {
      const input = c.req.valid('json');
      const secret = await changePassword(
        context,
        actorOf(c),
        input,
        visitorOf(c, context),
        c.get('requestId'),
      );
      c.header('set-cookie', sessionCookieHeader(secret, lifeSeconds));
      return c.body(null, 204);
    })
    .openapi(mySessions, async (c) => c.json({ items: await listSessions(context, actorOf(c)) }, 200))
    .openapi(endOther, async (c) => {
      await endSession(context, actorOf(c), c.req.valid('param').id, c.get('requestId'));
      return c.body(null, 204);
    });
}
