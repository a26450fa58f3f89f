import type { z } from '@hono/zod-openapi';
import type { TimeRange } from '../range.ts';
import type { FiguresRow, SlotRow } from './queries.ts';
import type { FlowFigures } from './schemas.ts';

export type Figures = z.output<typeof FlowFigures>;

/**
 * Joins the rows of one flow, one an operation, into its figures. Where no consumer ever reports, the sends are judged.
 * Where one does, a send that never came to it counts as one more failed attempt: nobody else tells of it.
 * @param hasConsumer whether the consumer's side is known to report, be it silent in this range.
 */
export function joinFigures(rows: readonly FiguresRow[], range: TimeRange, hasConsumer: boolean): Figures {
  const send = rows.find((row) => row.operation === 'send');
  const process = rows.find((row) => row.operation === 'process');
  const settle = rows.find((row) => row.operation === 'settle');
  const judged = hasConsumer ? process : (process ?? send);
  const unreached = judged === send ? 0 : (send?.unreached ?? 0);
  const minutes = (range.to.getTime() - range.from.getTime()) / 60_000;
  const total = (judged?.total ?? 0) + unreached;
  const sent = send?.total ?? 0;
  const [durationP50Ms, durationP95Ms, durationP99Ms] = judged?.duration ?? [null, null, null];
  const [delayP50Ms, delayP95Ms, delayP99Ms] = judged?.delay ?? [null, null, null];
  const failed = (judged?.failed ?? 0) + unreached;
  const discarded = (judged?.discarded ?? 0) + (settle?.discarded ?? 0);
  const firstAttempts = process ? process.total - process.retried : 0;
  const answered = firstAttempts + (settle?.discarded ?? 0);
  return {
    sent,
    processed: (process?.total ?? 0) + unreached,
    delivered: total - failed - (judged?.discarded ?? 0),
    failed,
    // A dead letter shows on the last attempt, on its settlement or, where the sender gives up, on the send; or on several.
    deadLettered: Math.max(...[send, judged, settle].map((row) => row?.deadLettered ?? 0)),
    discarded,
    retried: judged?.retried ?? 0,
    backlog: hasConsumer || process ? Math.max(0, sent - unreached - answered) : 0,
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

/** What counts as an attempt in a slot, and what of it failed; as `joinFigures` counts. */
export function attemptsIn(slot: SlotRow, hasConsumer: boolean): { processed: number; failed: number } {
  return hasConsumer
    ? { processed: slot.processed + slot.unreached, failed: slot.processedFailed + slot.unreached }
    : { processed: slot.sent, failed: slot.sentFailed };
}
