import type { z } from '@hono/zod-openapi';
import type { TimeRange } from '../range.ts';
import type { FiguresRow } from './queries.ts';
import type { FlowFigures } from './schemas.ts';

export type Figures = z.output<typeof FlowFigures>;

/**
 * Joins the rows of one flow, one an operation, into its figures. Where no consumer ever reports, the sends are judged.
 * @param hasConsumer whether the consumer's side is known to report, be it silent in this range.
 */
export function joinFigures(rows: readonly FiguresRow[], range: TimeRange, hasConsumer: boolean): Figures {
  const send = rows.find((row) => row.operation === 'send');
  const process = rows.find((row) => row.operation === 'process');
  const settle = rows.find((row) => row.operation === 'settle');
  const judged = hasConsumer ? process : (process ?? send);
  const minutes = (range.to.getTime() - range.from.getTime()) / 60_000;
  const total = judged?.total ?? 0;
  const sent = send?.total ?? 0;
  const [durationP50Ms, durationP95Ms, durationP99Ms] = judged?.duration ?? [null, null, null];
  const [delayP50Ms, delayP95Ms, delayP99Ms] = judged?.delay ?? [null, null, null];
  const failed = judged?.failed ?? 0;
  const discarded = (judged?.discarded ?? 0) + (settle?.discarded ?? 0);
  const firstAttempts = process ? process.total - process.retried : 0;
  const answered = firstAttempts + (settle?.discarded ?? 0);
  return {
    sent,
    processed: process?.total ?? 0,
    delivered: total - failed - (judged?.discarded ?? 0),
    failed,
    // A dead letter shows on the attempt, on its settlement, or on both.
    deadLettered: Math.max(judged?.deadLettered ?? 0, settle?.deadLettered ?? 0),
    discarded,
    retried: judged?.retried ?? 0,
    backlog: hasConsumer || process ? Math.max(0, sent - answered) : 0,
    failedRatio: total > 0 ? failed / total : null,
    ratePerMinute: total > 0 ? total / minutes : null,
    durationP50Ms,
    durationP95Ms,
    durationP99Ms,
    delayP50Ms,
    delayP95Ms,
    delayP99Ms,
    lastSentAt: send?.lastAt ?? null,
    lastProcessedAt: process?.lastAt ?? null,
  };
}
