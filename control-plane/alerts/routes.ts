import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { decodeCursor, encodeCursor, PageQuery } from '../paging.ts';
import { problemResponses } from '../problem.ts';
import { actorOf, createRouter } from '../router.ts';
import { acknowledgeAlert } from './acknowledge-alert.ts';
import { explainAlert } from './explain.ts';
import { listChannels } from './list-channels.ts';
import { readAlerts } from './queries.ts';
import {
  Acknowledgement,
  Alert,
  AlertFilter,
  AlertList,
  ChannelList,
  ChannelParam,
  EpisodeParam,
  Explanation,
  TestResult,
} from './schemas.ts';
import { testChannel } from './test-channel.ts';

const json = <Schema extends z.ZodType>(schema: Schema) => ({ content: { 'application/json': { schema } } });
const Position = z.tuple([z.iso.datetime(), z.uuid()]);

const list = createRoute({
  method: 'get',
  path: '/alerts',
  summary: 'Alerts, the newest first',
  request: { query: PageQuery.extend(AlertFilter.shape) },
  responses: { 200: { description: 'A page of alerts', ...json(AlertList) }, ...problemResponses },
});

const explain = createRoute({
  method: 'get',
  path: '/alerts/{episode}/explain',
  summary: 'Who was told what of an alert, and why somebody was not',
  request: { params: EpisodeParam },
  responses: { 200: { description: 'Beliefs and attempts', ...json(Explanation) }, ...problemResponses },
});

const acknowledge = createRoute({
  method: 'post',
  path: '/alerts/{episode}/acknowledge',
  summary: 'Take an alert on: it is not told again for a while',
  request: { params: EpisodeParam, body: { ...json(Acknowledgement), required: true } },
  responses: { 200: { description: 'The alert', ...json(Alert) }, ...problemResponses },
});

const channels = createRoute({
  method: 'get',
  path: '/channels',
  summary: 'The ways to tell people of alerts',
  responses: { 200: { description: 'Channels by name', ...json(ChannelList) }, ...problemResponses },
});

const tryChannel = createRoute({
  method: 'post',
  path: '/channels/{name}/test',
  summary: 'Send a test message and see what went out and what came back',
  request: { params: ChannelParam },
  responses: { 200: { description: 'The exchange', ...json(TestResult) }, ...problemResponses },
});

export function alertRoutes(context: Context) {
  return createRouter()
    .openapi(list, async (c) => {
      const { limit, cursor, state } = c.req.valid('query');
      const before = cursor ? decodeCursor(cursor, Position) : undefined;
      const rows = await readAlerts(context.postgres, context.now(), state, { before, limit: limit + 1 });
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      const nextCursor = rows.length > limit && last ? encodeCursor([last.firedAt, last.episode]) : null;
      return c.json({ items, nextCursor }, 200);
    })
    .openapi(explain, async (c) => c.json(await explainAlert(context, c.req.valid('param').episode), 200))
    .openapi(acknowledge, async (c) => {
      const asked = { episode: c.req.valid('param').episode, minutes: c.req.valid('json').minutes };
      return c.json(await acknowledgeAlert(context, actorOf(c), c.get('requestId'), asked), 200);
    })
    .openapi(channels, async (c) => c.json({ items: await listChannels(context) }, 200))
    .openapi(tryChannel, async (c) => {
      const { name } = c.req.valid('param');
      return c.json(await testChannel(context, actorOf(c), name, c.get('requestId')), 200);
    });
}
