import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { problemResponses } from '../problem.ts';
import { actorOf, createRouter } from '../router.ts';
import { createToken, listTokens, revokeToken } from './manage-tokens.ts';
import { changePerson, invitePerson, listPeople, renewLink } from './people.ts';
import {
  IdParam,
  Invitation,
  Invited,
  PersonChange,
  PersonList,
  PersonView,
  TokenCreated,
  TokenList,
  TokenRequest,
} from './schemas.ts';

const json = <Schema extends z.ZodType>(schema: Schema) => ({ content: { 'application/json': { schema } } });

const readPeople = createRoute({
  method: 'get',
  path: '/people',
  summary: 'Everybody who may sign in',
  responses: { 200: { description: 'People by name', ...json(PersonList) }, ...problemResponses },
});

const invite = createRoute({
  method: 'post',
  path: '/people',
  summary: 'Invite a person',
  description: 'The answer holds the one-time link to hand to them.',
  request: { body: { ...json(Invitation), required: true } },
  responses: { 201: { description: 'Invited', ...json(Invited) }, ...problemResponses },
});

const change = createRoute({
  method: 'patch',
  path: '/people/{id}',
  summary: 'Change the role of a person, or whether they may sign in',
  request: { params: IdParam, body: { ...json(PersonChange), required: true } },
  responses: { 200: { description: 'Changed', ...json(PersonView) }, ...problemResponses },
});

const newLink = createRoute({
  method: 'post',
  path: '/people/{id}/link',
  summary: 'Make a new one-time link for a person',
  request: { params: IdParam },
  responses: {
    201: { description: 'The link; earlier ones no longer work', ...json(z.object({ link: z.url() })) },
    ...problemResponses,
  },
});

const readTokens = createRoute({
  method: 'get',
  path: '/tokens',
  summary: 'API tokens that work',
  responses: { 200: { description: 'Newest first', ...json(TokenList) }, ...problemResponses },
});

const makeToken = createRoute({
  method: 'post',
  path: '/tokens',
  summary: 'Make an API token',
  description: 'The secret is shown in this answer alone.',
  request: { body: { ...json(TokenRequest), required: true } },
  responses: { 201: { description: 'Made', ...json(TokenCreated) }, ...problemResponses },
});

const dropToken = createRoute({
  method: 'delete',
  path: '/tokens/{id}',
  summary: 'Revoke an API token',
  request: { params: IdParam },
  responses: { 204: { description: 'Revoked' }, ...problemResponses },
});

export function adminRoutes(context: Context) {
  return createRouter()
    .openapi(readPeople, async (c) => c.json({ items: await listPeople(context) }, 200))
    .openapi(invite, async (c) =>
      c.json(await invitePerson(context, actorOf(c), c.req.valid('json'), c.get('requestId')), 201),
    )
    .openapi(change, async (c) => {
      const { id } = c.req.valid('param');
      return c.json(
        await changePerson(context, actorOf(c), id, c.req.valid('json'), c.get('requestId')),
        200,
      );
    })
    .openapi(newLink, async (c) => {
      const link = await renewLink(context, actorOf(c), c.req.valid('param').id, c.get('requestId'));
      return c.json({ link }, 201);
    })
    .openapi(readTokens, async (c) => c.json({ items: await listTokens(context) }, 200))
    .openapi(makeToken, async (c) =>
      c.json(await createToken(context, actorOf(c), c.req.valid('json'), c.get('requestId')), 201),
    )
    .openapi(dropToken, async (c) => {
      await revokeToken(context, actorOf(c), c.req.valid('param').id, c.get('requestId'));
      return c.body(null, 204);
    });
}
