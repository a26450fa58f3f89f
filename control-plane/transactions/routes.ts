import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { decodeCursor, encodeCursor, PageQuery } from '../paging.ts';
import { problemResponses } from '../problem.ts';
import { parseRange, RangeQuery } from '../range.ts';
import { createRouter } from '../router.ts';
import { listTransactions } from './list-transactions.ts';
import { readTransaction } from './read-transaction.ts';
import { Transaction, TransactionList, TransactionState } from './schemas.ts';

const list = createRoute({
  method: 'get',
  path: '/transactions',
  summary: 'Transactions that began in a range, newest first',
  request: {
    query: RangeQuery.extend(PageQuery.shape).extend({
      query: z.string().trim().max(200).optional().openapi({
        description:
          'Any business key or id of a run, or the beginning of an id. The range does not apply then.',
      }),
      process: z.string().max(100).optional(),
      state: TransactionState.optional(),
      minValue: z
        .string()
        .regex(/^\d{1,20}(\.\d{1,6})?$/, 'write a decimal such as 1000 or 99.50')
        .optional()
        .openapi({ description: 'Only runs that are worth at least this, in whatever currency.' }),
    }),
  },
  responses: {
    200: {
      description: 'A page of transactions',
      content: { 'application/json': { schema: TransactionList } },
    },
    ...problemResponses,
  },
});

const read = createRoute({
  method: 'get',
  path: '/transactions/{businessKey}',
  summary: 'One transaction by any of its keys: milestones, messages, records, traces',
  request: { params: z.object({ businessKey: z.string().max(300) }) },
  responses: {
    200: { description: 'The transaction', content: { 'application/json': { schema: Transaction } } },
    ...problemResponses,
  },
});

/** Start of the range when the first page was read, so that a relative range does not slide from page to page. */
const Position = z.tuple([z.int(), z.iso.datetime(), z.string().max(300)]);

export function transactionRoutes(context: Context) {
  return createRouter()
    .openapi(list, async (c) => {
      const { query: text, process, state, minValue, limit, cursor, ...rest } = c.req.valid('query');
      const asked = parseRange(rest, context.now());
      const position = cursor ? decodeCursor(cursor, Position) : undefined;
      const range = position ? { from: new Date(position[0]), to: asked.to } : asked;
      const items = await listTransactions(context, {
        range,
        text: text ?? '',
        process: process ?? '',
        states: state ? [state] : [],
        valueMin: minValue ?? null,
        after: position ? [position[1], position[2]] : undefined,
        limit: limit + 1,
      });
      const page = items.slice(0, limit);
      const last = page.at(-1);
      const nextCursor =
        items.length > limit && last ? encodeCursor([range.from.getTime(), last.startedAt, last.key]) : null;
      return c.json(
        { range: { from: range.from.toISOString(), to: range.to.toISOString() }, items: page, nextCursor },
        200,
      );
    })
    .openapi(read, async (c) =>
      c.json(await readTransaction(context, c.req.valid('param').businessKey), 200),
    );
}
