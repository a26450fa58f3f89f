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
      query: z
        .string()
        .trim()
        .max(200)
        .optional()
        .openapi({ description: 'Any business key or id, or the beginning of an id.' }),
      process: z.string().max(100).optional(),
      state: TransactionState.optional(),
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

const Position = z.tuple([z.iso.datetime(), z.string().max(300)]);

export function transactionRoutes(context: Context) {
  return createRouter()
    .openapi(list, async (c) => {
      const { query: text, process, state, limit, cursor, ...rest } = c.req.valid('query');
      const range = parseRange(rest, context.now());
      const items = await listTransactions(context, {
        range,
        text: text ?? '',
        process: process ?? '',
        states: state ? [state] : [],
        after: cursor ? decodeCursor(cursor, Position) : undefined,
        limit: limit + 1,
      });
      const page = items.slice(0, limit);
      const last = page.at(-1);
      const nextCursor = items.length > limit && last ? encodeCursor([last.startedAt, last.key]) : null;
      return c.json(
        { range: { from: range.from.toISOString(), to: range.to.toISOString() }, items: page, nextCursor },
        200,
      );
    })
    .openapi(read, async (c) =>
      c.json(await readTransaction(context, c.req.valid('param').businessKey), 200),
    );
}
