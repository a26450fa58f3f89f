/** Failures in the rest, after canary and ramp, are judged against this many messages at least. */
const restAtLeast = 100;

export interface Stage {
  /** First position of the stage, and the first after it. */
  readonly from: number;
  readonly end: number;
  readonly isRest: boolean;
}

/** The stage that is under way when `through` messages are through; undefined: all are. Pure. */
export function stageAt(sizes: readonly number[], items: number, through: number): Stage | undefined {
  if (through >= items) return undefined;
  let end = 0;
  for (const size of sizes) {
    end += size;
    if (through < end) return { from: through, end: Math.min(items, end), isRest: false };
  }
  return { from: through, end: items, isRest: true };
}

export interface Tally {
  readonly confirmed: number;
  /** Refused, failed at the consumer, or of unknown outcome: unknown is never taken for success. */
  readonly failed: number;
}

/**
 * Why a stage stops the replay, as soon as it cannot pass any more; undefined: it still may. The share is of the
 * stage's messages; of the rest, of those settled. Pure.
 */
export function haltReason(stage: Stage, tally: Tally, haltRatio: number): string | undefined {
  const { confirmed, failed } = tally;
  const judged = stage.isRest ? Math.max(restAtLeast, confirmed + failed) : stage.end - stage.from;
  const of = Math.min(judged, stage.end - stage.from);
  if (failed === 0 || failed <= haltRatio * of) return undefined;
  const percent = Math.round(haltRatio * 1000) / 10;
  return `${failed} of ${confirmed + failed} messages settled in this stage failed or are of unknown outcome; ${percent} % of ${of} are allowed.`;
}
