import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { decodeCursor, encodeCursor } from '../paging.ts';
import { problemResponses } from '../problem.ts';
import { selectAwake } from './select-letters.ts';
import { actorOf, createRouter } from '../router.ts';
import { changeLetters } from './change-letters.ts';
import { downloadBody } from './download-body.ts';
import { listAssignees } from '../access/assignees.ts';
import { countLetters, groupsShownMax, listGroups, listLetters } from './queries.ts';
import { readDeadLetter, summaryOf } from './read-letter.ts';
import { readSources } from './read-sources.ts';
import {
  Assignees,
  DeadLetterAction,
  DeadLetterActionResult,
  DeadLetterDetail,
  DeadLetterFilter,
  DeadLetterGroups,
  DeadLetterIntake,
  DeadLetterList,
  DeadLetterNote,
  DeadLetterQuery,
  DeadLetterReceipts,
  DeadLetterSources,
  NewNote,
} from './schemas.ts';
import { takeIn } from './take-in.ts';
import { writeNote } from './write-note.ts';

const json = <Schema extends z.ZodType>(schema: Schema) => ({ content: { 'application/json': { schema } } });
const Before = z.tuple([z.string().regex(/^\d{1,18}$/)]);
const LetterParam = z.object({ id: z.uuid() });

const list = createRoute({
  method: 'get',
  path: '/dead-letters',
  summary: 'Messages that flows gave up on, newest first',
  request: { query: DeadLetterQuery },
  responses: { 200: { description: 'A page of dead letters', ...json(DeadLetterList) }, ...problemResponses },
});
const groups = createRoute({
  method: 'get',
  path: '/dead-letters/groups',
  summary: 'Dead letters by flow and cause, the largest group first',
  request: { query: DeadLetterFilter },
  responses: { 200: { description: 'Groups', ...json(DeadLetterGroups) }, ...problemResponses },
});
const sources = createRoute({
  method: 'get',
  path: '/dead-letters/sources',
  summary: 'The dead-letter queues that are tailed, and how that goes',
  responses: { 200: { description: 'Sources', ...json(DeadLetterSources) }, ...problemResponses },
});
const assignees = createRoute({
  method: 'get',
  path: '/dead-letters/assignees',
  summary: 'People to whom dead letters can be assigned',
  responses: { 200: { description: 'By name', ...json(Assignees) }, ...problemResponses },
});
const read = createRoute({
  method: 'get',
  path: '/dead-letters/{id}',
  summary: 'One dead letter: masked payload, deaths, notes and replays',
  request: { params: LetterParam },
  responses: { 200: { description: 'The dead letter', ...json(DeadLetterDetail) }, ...problemResponses },
});
const body = createRoute({
  method: 'get',
  path: '/dead-letters/{id}/body',
  summary: 'The body byte for byte, nothing masked; each download stands in the audit log',
  request: { params: LetterParam },
  responses: {
    200: { description: 'The body', content: { 'application/octet-stream': { schema: z.string() } } },
    ...problemResponses,
  },
});
const intake = createRoute({
  method: 'post',
  path: '/dead-letters',
  summary: 'Hand in messages that middleware without a dead-letter queue gave up on',
  description:
    'Safe to repeat: what was handed in before is told as known. Everything is stored, or nothing of a flow.',
  request: { body: { ...json(DeadLetterIntake), required: true } },
  responses: {
    200: { description: 'A receipt for each, in their order', ...json(DeadLetterReceipts) },
    ...problemResponses,
  },
});
const act = createRoute({
  method: 'post',
  path: '/dead-letters/actions',
  summary:
    'Change all that a filter names: acknowledge, assign, tag, snooze, resolve, ignore, archive and back',
  request: { body: { ...json(DeadLetterAction), required: true } },
  responses: {
    200: { description: 'How many changed', ...json(DeadLetterActionResult) },
    202: {
      description: 'They are many: the bulk change that will be worked off',
      ...json(DeadLetterActionResult),
    },
    ...problemResponses,
  },
});
const note = createRoute({
  method: 'post',
  path: '/dead-letters/notes',
  summary: 'Write a note on a message, or on a cause, where it outlives every retry',
  request: { body: { ...json(NewNote), required: true } },
  responses: { 201: { description: 'The note', ...json(DeadLetterNote) }, ...problemResponses },
});

/** What a list shows when nobody asks for states: what waits for a person. */
const waiting = { state: ['open', 'acknowledged'] as DeadLetterFilter['state'] };

export function deadLetterRoutes(context: Context) {
  const { postgres } = context;
  return createRouter()
    .openapi(list, async (c) => {
      const { limit, cursor, ...filter } = c.req.valid('query');
      const before = cursor ? decodeCursor(cursor, Before)[0] : null;
      const selection = selectAwake({ ...waiting, ...filter }, actorOf(c).id, context.now());
      const [rows, total] = await Promise.all([
        listLetters(postgres, selection, { before, limit: limit + 1 }),
        countLetters(postgres, selection),
      ]);
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      const nextCursor = rows.length > limit && last ? encodeCursor([last.seq]) : null;
      return c.json({ items: shown.map(summaryOf), nextCursor, total }, 200);
    })
    .openapi(groups, async (c) => {
      const filter = c.req.valid('query');
      const rows = await listGroups(
        postgres,
        selectAwake({ ...waiting, ...filter }, actorOf(c).id, context.now()),
      );
      const flows = new Map(context.catalog.current().catalog.flows.map((flow) => [flow.name, flow]));
      const items = rows.slice(0, groupsShownMax).map((row) => {
        const flow = flows.get(row.flow);
        return {
          ...row,
          flowTitle: flow?.title ?? row.flow,
          source: flow?.source ?? '',
          target: flow?.target ?? '',
        };
      });
      return c.json({ items, truncated: rows.length > groupsShownMax }, 200);
    })
    .openapi(sources, async (c) => c.json({ items: await readSources(context) }, 200))
    .openapi(assignees, async (c) => c.json({ items: await listAssignees(postgres) }, 200))
    .openapi(body, async (c) => {
      const bytes = await downloadBody(context, actorOf(c), c.get('requestId'), c.req.valid('param').id);
      return c.body(new Uint8Array(bytes), 200, {
        'content-type': 'application/octet-stream',
        'content-disposition': `attachment; filename="${c.req.valid('param').id}.body"`,
      });
    })
    .openapi(read, async (c) => c.json(await readDeadLetter(context, c.req.valid('param').id), 200))
    .openapi(intake, async (c) => {
      const items = await takeIn(context, actorOf(c), c.req.valid('json').items);
      return c.json({ items }, 200);
    })
    .openapi(act, async (c) => {
      const result = await changeLetters(context, actorOf(c), c.get('requestId'), c.req.valid('json'));
      return c.json(result, result.bulk ? 202 : 200);
    })
    .openapi(note, async (c) =>
      c.json(await writeNote(context, actorOf(c), c.get('requestId'), c.req.valid('json')), 201),
    );
}
