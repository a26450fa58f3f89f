import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { PageQuery } from '../paging.ts';
import { Problem, problemResponses } from '../problem.ts';
import { parseRange, RangeQuery } from '../range.ts';
import { createRouter } from '../router.ts';
import { listMessages } from './list-messages.ts';
import { readFlow } from './read-flow.ts';
import { FlowDetail, FlowList, Message, MessageList } from './schemas.ts';
import { summarizeFlows } from './summarize.ts';

const json = <Schema extends z.ZodType>(description: string, schema: Schema) => ({
  200: { description, content: { 'application/json': { schema } } },
  ...problemResponses,
});
const nameParam = z.object({ name: z.string().min(1).max(200) });

const listFlows = createRoute({
  method: 'get',
  path: '/flows',
  summary: 'Every flow with its health, worst first',
  request: { query: RangeQuery },
  responses: json('Flows', FlowList),
});

const readOne = createRoute({
  method: 'get',
  path: '/flows/{name}',
  summary: 'One flow: figures, series, errors by cause',
  request: { params: nameParam, query: RangeQuery },
  responses: json('The flow', FlowDetail),
});

const messages = createRoute({
  method: 'get',
  path: '/flows/{name}/messages',
  summary: 'Messages of a flow, newest first',
  request: {
    params: nameParam,
    query: RangeQuery.extend(PageQuery.shape).extend({
      operation: Message.shape.operation.optional(),
      outcome: z.string().max(100).optional().openapi({
        description: 'One outcome or several with commas; `trouble` is failed, retried and dead_lettered.',
      }),
      cause: z.string().max(2000).optional(),
      q: z
        .string()
        .trim()
        .max(300)
        .optional()
        .openapi({ description: 'A business key, an id, a message id or a trace id.' }),
    }),
  },
  responses: json('A page of messages', MessageList),
});

const Outcomes = z.array(Message.shape.outcome).max(5);

export function flowRoutes(context: Context) {
  return createRouter()
    .openapi(listFlows, async (c) => {
      const range = parseRange(c.req.valid('query'), context.now());
      const items = [...(await summarizeFlows(context, range))];
      return c.json({ range: { from: range.from.toISOString(), to: range.to.toISOString() }, items }, 200);
    })
    .openapi(readOne, async (c) => {
      const range = parseRange(c.req.valid('query'), context.now());
      return c.json(await readFlow(context, c.req.valid('param').name, range), 200);
    })
    .openapi(messages, async (c) => {
      const { operation, outcome, cause, q, limit, cursor, ...rest } = c.req.valid('query');
      const page = await listMessages(context, {
        flow: c.req.valid('param').name,
        range: parseRange(rest, context.now()),
        operation: operation ?? '',
        outcomes: outcomesOf(outcome),
        cause: cause ?? '',
        search: q ?? '',
        cursor,
        limit,
      });
      return c.json(page, 200);
    });
}

function outcomesOf(text: string | undefined): z.output<typeof Outcomes> {
  if (text === undefined || text === '') return [];
  if (text === 'trouble') return ['failed', 'retried', 'dead_lettered'];
  const parsed = Outcomes.safeParse(text.split(','));
  if (parsed.success) return parsed.data;
  throw new Problem(
    'bad_request',
    'outcome: write delivered, failed, retried, dead_lettered, discarded or trouble.',
    {
      errors: [{ path: 'outcome', message: 'not an outcome' }],
    },
  );
}
