import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { listAssignees } from '../access/assignees.ts';
import { decodeCursor, encodeCursor, PageQuery } from '../paging.ts';
import { problemResponses } from '../problem.ts';
import { actorOf, createRouter } from '../router.ts';
import { changeIncident } from './change-incident.ts';
import { moveIncident, noteIncident } from './move-incident.ts';
import { openIncident } from './open-incident.ts';
import { readIncidents } from './queries.ts';
import { readDetail } from './read-detail.ts';
import { readImpact } from './read-impact.ts';
import {
  Incident,
  IncidentChange,
  IncidentDetail,
  IncidentFilter,
  IncidentImpact,
  IncidentList,
  IncidentNote,
  IncidentStep,
  NewIncident,
  NumberParam,
  PeopleList,
} from './schemas.ts';

const json = <Schema extends z.ZodType>(schema: Schema) => ({ content: { 'application/json': { schema } } });
const body = <Schema extends z.ZodType>(schema: Schema) => ({ body: { ...json(schema), required: true } });
const Position = z.tuple([z.int()]);

const list = createRoute({
  method: 'get',
  path: '/incidents',
  summary: 'Incidents, the newest first',
  request: { query: PageQuery.extend(IncidentFilter.shape) },
  responses: { 200: { description: 'A page of incidents', ...json(IncidentList) }, ...problemResponses },
});

const assignees = createRoute({
  method: 'get',
  path: '/incidents/assignees',
  summary: 'People who can be given an incident',
  responses: { 200: { description: 'People who may act', ...json(PeopleList) }, ...problemResponses },
});

const open = createRoute({
  method: 'post',
  path: '/incidents',
  summary: 'Open an incident that no alert told of',
  request: body(NewIncident),
  responses: { 201: { description: 'The incident', ...json(Incident) }, ...problemResponses },
});

const one = createRoute({
  method: 'get',
  path: '/incidents/{number}',
  summary: 'An incident with its timeline, its alerts and its flows',
  request: { params: NumberParam },
  responses: { 200: { description: 'The incident', ...json(IncidentDetail) }, ...problemResponses },
});

const impact = createRoute({
  method: 'get',
  path: '/incidents/{number}/impact',
  summary: 'What the trouble did: messages, transactions, value at risk, dead letters, replays',
  request: { params: NumberParam },
  responses: { 200: { description: 'The impact so far', ...json(IncidentImpact) }, ...problemResponses },
});

const change = createRoute({
  method: 'patch',
  path: '/incidents/{number}',
  summary: 'Change title, severity, flows, beginning, assignee or summary',
  request: { params: NumberParam, ...body(IncidentChange) },
  responses: { 200: { description: 'The incident', ...json(Incident) }, ...problemResponses },
});

const step = createRoute({
  method: 'post',
  path: '/incidents/{number}/steps',
  summary: 'Acknowledge, restore, close or reopen',
  request: { params: NumberParam, ...body(IncidentStep) },
  responses: { 200: { description: 'The incident', ...json(Incident) }, ...problemResponses },
});

const note = createRoute({
  method: 'post',
  path: '/incidents/{number}/notes',
  summary: 'Add a note to the timeline',
  request: { params: NumberParam, ...body(IncidentNote) },
  responses: { 204: { description: 'Added' }, ...problemResponses },
});

export function incidentRoutes(context: Context) {
  const { postgres } = context;
  return createRouter()
    .openapi(list, async (c) => {
      const { limit, cursor, ...filter } = c.req.valid('query');
      const before = cursor ? decodeCursor(cursor, Position)[0] : undefined;
      const rows = await readIncidents(postgres, filter, { before, limit: limit + 1 });
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      return c.json(
        { items, nextCursor: rows.length > limit && last ? encodeCursor([last.number]) : null },
        200,
      );
    })
    .openapi(assignees, async (c) => c.json({ items: await listAssignees(postgres) }, 200))
    .openapi(open, async (c) =>
      c.json(await openIncident(context, actorOf(c), c.get('requestId'), c.req.valid('json')), 201),
    )
    .openapi(one, async (c) => c.json(await readDetail(context, c.req.valid('param').number), 200))
    .openapi(impact, async (c) => c.json(await readImpact(context, c.req.valid('param').number), 200))
    .openapi(change, async (c) => {
      const { number } = c.req.valid('param');
      return c.json(
        await changeIncident(context, actorOf(c), c.get('requestId'), number, c.req.valid('json')),
        200,
      );
    })
    .openapi(note, async (c) => {
      const { number } = c.req.valid('param');
      await noteIncident(context, actorOf(c), c.get('requestId'), { number, text: c.req.valid('json').text });
      return c.body(null, 204);
    })
    .openapi(step, async (c) => {
      const { number } = c.req.valid('param');
      const asked = { number, ...c.req.valid('json') };
      return c.json(await moveIncident(context, actorOf(c), c.get('requestId'), asked), 200);
    });
}
