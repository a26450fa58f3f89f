import { createRoute, z } from '@hono/zod-openapi';
import { query } from '@plumbline/model/postgres/pool.ts';
import type { Context } from '../context.ts';
import { problemResponses } from '../problem.ts';
import { actorOf, createRouter } from '../router.ts';
import { sessionSecretOf } from './authenticate.ts';
import { followLink } from './links.ts';
import { writeFirstLink } from './local-files.ts';
import { SessionList, SessionView, SignIn, Welcome } from './schemas.ts';
import { lifeMsMax, sessionCookieHeader } from './sessions.ts';
import { endSession, endSessionBySecret, signIn } from './sign-in.ts';
import { visitorOf } from './visitor.ts';

const lifeSeconds = lifeMsMax / 1000;
const json = <Schema extends z.ZodType>(schema: Schema) => ({ content: { 'application/json': { schema } } });
const started = {
  204: { description: 'Signed in; the session is in the cookie __Host-plumbline' },
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

const listSessions = createRoute({
  method: 'get',
  path: '/sessions',
  summary: 'My sessions',
  responses: { 200: { description: 'Newest use first', ...json(SessionList) }, ...problemResponses },
});

const endOther = createRoute({
  method: 'delete',
  path: '/sessions/{id}',
  summary: 'End one of my sessions',
  request: { params: z.object({ id: z.string().max(100) }) },
  responses: { 204: { description: 'Ended' }, ...problemResponses },
});

export function sessionRoutes(context: Context) {
  return createRouter()
    .openapi(startSession, async (c) => {
      const secret = await signIn(context, c.req.valid('json'), visitorOf(c), c.get('requestId'));
      c.header('set-cookie', sessionCookieHeader(secret, lifeSeconds));
      return c.body(null, 204);
    })
    .openapi(welcome, async (c) => {
      const secret = await followLink(context, c.req.valid('json'), visitorOf(c), c.get('requestId'));
      // The link of the first administrator has done its work.
      await writeFirstLink(context);
      c.header('set-cookie', sessionCookieHeader(secret, lifeSeconds));
      return c.body(null, 204);
    })
    .openapi(readSession, async (c) => {
      const actor = actorOf(c);
      const [person] = await query(context.postgres, {
        name: 'people.email',
        sql: 'SELECT email FROM people WHERE id::text = $1 LIMIT 1',
        params: [actor.id],
        schema: z.object({ email: z.string() }),
      });
      const user = { id: actor.id, name: actor.name, email: person?.email ?? '', role: actor.role };
      return c.json({ user, kind: actor.kind }, 200);
    })
    .openapi(leave, async (c) => {
      const secret = sessionSecretOf(c.req.raw.headers);
      if (secret) await endSessionBySecret(context, secret);
      c.header('set-cookie', sessionCookieHeader('', 0));
      return c.body(null, 204);
    })
    .openapi(listSessions, async (c) => {
      const actor = actorOf(c);
      const rows = await query(context.postgres, {
        name: 'sessions.list',
        sql: `
          SELECT id, created_at AS "createdAt", last_seen_at AS "lastSeenAt", address, user_agent AS "userAgent"
          FROM sessions WHERE person_id::text = $1 AND expires_at > $2
          ORDER BY last_seen_at DESC LIMIT 100`,
        params: [actor.id, context.now()],
        schema: z.object({
          id: z.string(),
          createdAt: z.date(),
          lastSeenAt: z.date(),
          address: z.string(),
          userAgent: z.string(),
        }),
      });
      const items = rows.map((row) => ({
        ...row,
        createdAt: row.createdAt.toISOString(),
        lastSeenAt: row.lastSeenAt.toISOString(),
        current: row.id === actor.sessionId,
      }));
      return c.json({ items }, 200);
    })
    .openapi(endOther, async (c) => {
      await endSession(context, actorOf(c), c.req.valid('param').id, c.get('requestId'));
      return c.body(null, 204);
    });
}
