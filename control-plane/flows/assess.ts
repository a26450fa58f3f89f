import type { ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import type { TimeRange } from '../range.ts';
import { attemptsIn, type Figures } from './figures.ts';
import { judge, type Thresholds, type Verdict, type Vital } from './health.ts';
import { readPoints, readSlots, type SlotRow } from './queries.ts';
import { failingSince, slowSince, unansweredSends } from './trouble.ts';

const lookBackMs = 24 * 3_600_000;
const minuteSeconds = 60;
/** Above this many flows in trouble, their trouble is dated by wider slots: the answer stays small. */
const flowsByMinuteMax = 5;
const wideSlotSeconds = 300;
const slowSlotSeconds = 300;
const slowFlowsMax = 20;

/** What is needed to judge one flow. */
export interface Subject {
  readonly name: string;
  readonly limits: Thresholds;
  readonly hasConsumer: boolean;
  /** Figures of the recent window. */
  readonly recent: Figures;
  readonly mostlyType: string;
  readonly lastSentAt: Date | null;
  readonly lastProcessedAt: Date | null;
}

export interface Assessment extends Verdict {
  /** Start of the present trouble; null when there is none, or when it is older than a day and slow. */
  readonly since: string | null;
}

/**
 * Judges flows at the end of their recent window and dates their trouble. Only flows that may be in trouble cost a
 * look back over the last day.
 */
export async function assess(
  clickHouse: ClickHouse,
  subjects: readonly Subject[],
  window: TimeRange,
): Promise<Map<string, Assessment>> {
  const at = window.to;
  const windowMs = at.getTime() - window.from.getTime();
  const first = subjects.map((subject) => ({
    subject,
    verdict: judge(vitalOf(subject, windowMs, null), subject.limits, at),
  }));
  const doubtful = first.filter(({ subject, verdict }) => maybeSilent(subject, at) || isBad(verdict));
  const slow = first.filter(({ subject, verdict }) => verdict.health === 'degraded' && isSlow(subject));
  const [slots, slowSlots] = await Promise.all([
    readTrouble(
      clickHouse,
      doubtful.map(({ subject }) => subject.name),
      at,
    ),
    readSlow(clickHouse, slow.map(({ subject }) => subject.name).slice(0, slowFlowsMax), at),
  ]);
  return new Map(
    subjects.map((subject) => {
      const own = slots.get(subject.name) ?? [];
      const unanswered = subject.lastProcessedAt ? unansweredSends(own, subject.lastProcessedAt) : null;
      const vital = vitalOf(subject, windowMs, maybeSilent(subject, at) ? unanswered : null);
      const verdict = judge(vital, subject.limits, at);
      const since = sinceOf(verdict, subject, vital, own, slowSlots.get(subject.name) ?? []);
      return [subject.name, { ...verdict, since: since?.toISOString() ?? null }];
    }),
  );
}

function vitalOf(subject: Subject, windowMs: number, unanswered: Vital['unanswered']): Vital {
  const { recent, hasConsumer, mostlyType } = subject;
  return {
    windowMs,
    sent: recent.sent,
    attempts: hasConsumer ? recent.processed : recent.sent,
    failed: recent.failed,
    durationP95Ms: recent.durationP95Ms,
    unanswered,
    mostlyType,
  };
}

function isBad({ health }: Verdict): boolean {
  return health === 'failing' || health === 'degraded';
}

function isSlow({ recent, limits }: Subject): boolean {
  return recent.durationP95Ms !== null && recent.durationP95Ms > limits.durationP95MaxMs;
}

/** Could the consumer have been silent for too long? Needs a send after it was last heard, long enough ago. */
function maybeSilent({ lastSentAt, lastProcessedAt, limits }: Subject, at: Date): boolean {
  if (!lastSentAt || !lastProcessedAt || lastSentAt <= lastProcessedAt) return false;
  return at.getTime() - lastProcessedAt.getTime() > limits.silenceMaxMs;
}

type Dated = SlotRow & { readonly at: Date };

async function readTrouble(
  clickHouse: ClickHouse,
  flows: readonly string[],
  at: Date,
): Promise<Map<string, Dated[]>> {
  if (flows.length === 0) return new Map();
  const width = flows.length <= flowsByMinuteMax ? minuteSeconds : wideSlotSeconds;
  const rows = await readSlots(clickHouse, lastDay(at), width, flows);
  return Map.groupBy(
    rows.map((row) => ({ ...row, at: new Date(row.slot * 1000) })),
    ({ flow }) => flow,
  );
}

type SlowSlot = { readonly at: Date; readonly durationP95Ms: number | null };

async function readSlow(
  clickHouse: ClickHouse,
  flows: readonly string[],
  at: Date,
): Promise<Map<string, SlowSlot[]>> {
  if (flows.length === 0) return new Map();
  const rows = await readPoints(clickHouse, lastDay(at), slowSlotSeconds, flows);
  const byFlow = Map.groupBy(rows, ({ flow }) => flow);
  const judged = [...byFlow].map(([flow, points]) => {
    const operation = points.some((point) => point.operation === 'process') ? 'process' : 'send';
    const own = points.filter((point) => point.operation === operation);
    return [
      flow,
      own.map(({ slot, duration }) => ({ at: new Date(slot * 1000), durationP95Ms: duration[1] })),
    ] as const;
  });
  return new Map(judged);
}

function lastDay(at: Date): TimeRange {
  return { from: new Date(at.getTime() - lookBackMs), to: at };
}

function sinceOf(
  { health }: Verdict,
  { hasConsumer, limits }: Subject,
  { unanswered, durationP95Ms }: Vital,
  slots: readonly Dated[],
  slowSlots: readonly SlowSlot[],
): Date | null {
  if (health === 'silent') return unanswered?.since ?? null;
  if (health === 'degraded' && durationP95Ms !== null && durationP95Ms > limits.durationP95MaxMs)
    return slowSince(slowSlots, limits.durationP95MaxMs);
  if (health !== 'failing' && health !== 'degraded') return null;
  const attempts = slots.map((slot) => {
    const { processed, failed } = attemptsIn(slot, hasConsumer);
    return { at: slot.at, attempts: processed, failed };
  });
  return failingSince(attempts, limits.failedRatioMax);
}
