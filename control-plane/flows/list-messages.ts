import { z } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { decodeCursor, encodeCursor } from '../paging.ts';
import type { TimeRange } from '../range.ts';
import { wholeMinutes } from '../slots.ts';
import { positionAfter, readMessages, type MessageFilter } from './message-queries.ts';
import { readLastHeard } from './queries.ts';
import { unknownFlow } from './read-flow.ts';
import type { MessageList } from './schemas.ts';

const knownMs = 7 * 86_400_000;

/** Start of the range when the first page was read, so that a relative range does not slide from page to page. */
const Position = z.tuple([
  z.int(),
  z.iso.datetime(),
  z.string().max(64),
  z.string().max(2000),
  z.int().min(0).max(10_000),
]);

export interface MessageQuery extends Pick<
  MessageFilter,
  'flow' | 'operation' | 'outcomes' | 'cause' | 'search' | 'limit'
> {
  readonly range: TimeRange;
  readonly cursor: string | undefined;
}

/** A page of messages of one flow, newest first. @throws Problem not_found for a flow that nobody knows */
export async function listMessages(
  context: Context,
  { range, cursor, limit, ...filter }: MessageQuery,
): Promise<z.output<typeof MessageList>> {
  const position = cursor ? decodeCursor(cursor, Position) : undefined;
  const [fromMs, at, spanId, messageId, seen] = position ?? [range.from.getTime(), '', '', '', 0];
  const after = position ? { at, spanId, messageId, seen } : undefined;
  const rows = await readMessages(context.clickHouse, {
    ...filter,
    range: { from: new Date(fromMs), to: range.to },
    after,
    limit: limit + 1,
  });
  if (rows.length === 0 && !position) await requireFlow(context, filter.flow, range);
  const items = rows.slice(0, limit);
  const next = rows.length > limit ? positionAfter(items, after) : undefined;
  return {
    items,
    nextCursor: next ? encodeCursor([fromMs, next.at, next.spanId, next.messageId, next.seen]) : null,
  };
}

async function requireFlow(context: Context, name: string, range: TimeRange): Promise<void> {
  if (context.catalog.current().catalog.flows.some((flow) => flow.name === name)) return;
  const from = new Date(Math.min(range.from.getTime(), range.to.getTime() - knownMs));
  const heard = await readLastHeard(context.clickHouse, wholeMinutes({ from, to: range.to }), name);
  if (heard.length === 0) throw unknownFlow(name);
}
