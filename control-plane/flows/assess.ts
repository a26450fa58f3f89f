import type { ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import type { TimeRange } from '../range.ts';
import { attemptsIn, type Figures } from './figures.ts';
import { judge, type Thresholds, type Verdict, type Vital } from './health.ts';
import { readPoints } from './queries.ts';
import { readDay, readEnds, readHours, type DatedSlot } from './trouble-queries.ts';
import {
  failureRuns,
  recoveryFrom,
  slownessEnded,
  slowSince,
  tellingRun,
  unansweredSends,
  type Run,
  type Slot,
} from './trouble.ts';

const hourMs = 3_600_000;
/** How far back every trouble is looked for, and how far one that is older still. */
const dayMs = 24 * hourMs;
const longMs = 14 * dayMs;
const slowSlotSeconds = 300;
const slowFlowsMax = 20;
/** Flows whose trouble is dated to the second; the others' is to the minute. */
const exactFlowsMax = 50;

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
  /** Start of the present trouble; of a recovered flow, when the trouble was last seen. Null: no trouble, or not known. */
  readonly since: string | null;
}

/**
 * Judges flows at the end of their recent window and dates their trouble. Only flows that may be in trouble cost a
 * look back over the last day, and only what has lasted for all of it a further one.
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
    verdict: judge(vitalOf(subject, windowMs, nothingKnown), subject.limits, at),
  }));
  const doubtful = first.filter(({ subject, verdict }) => maybeSilent(subject, at) || isBad(verdict));
  const slow = doubtful.filter(({ subject }) => isSlow(subject));
  const [slots, slowSlots] = await Promise.all([
    readSlotsOf(
      clickHouse,
      doubtful.map(({ subject }) => subject),
      window,
    ),
    readSlow(clickHouse, slow.map(({ subject }) => subject.name).slice(0, slowFlowsMax), at),
  ]);
  const findings = subjects.map((subject) => {
    const evidence = evidenceOf(
      subject,
      slots.get(subject.name) ?? [],
      slowSlots.get(subject.name) ?? [],
      at,
    );
    const verdict = judge(vitalOf(subject, windowMs, evidence), subject.limits, at);
    return { name: subject.name, verdict, evidence, trouble: troubleOf(verdict, subject, evidence) };
  });
  const ends = await readEnds(clickHouse, slotsToDate(findings));
  return new Map(
    findings.map(({ name, verdict, evidence, trouble }) => {
      const end = trouble === 'failures' ? ends.get(name) : undefined;
      const since =
        (verdict.health === 'recovered' ? end?.lastAt : end?.firstAt) ?? dateOf(verdict, evidence, trouble);
      return [name, { ...verdict, since: since?.toISOString() ?? null }];
    }),
  );
}

/** What a flow's slots say beyond its figures. */
interface Evidence extends Pick<Vital, 'unanswered' | 'recovery' | 'slowUntil'> {
  readonly run: Run | undefined;
  readonly slowSince: Date | null;
}

const nothingKnown: Evidence = {
  unanswered: null,
  recovery: null,
  slowUntil: null,
  run: undefined,
  slowSince: null,
};

function vitalOf(subject: Subject, windowMs: number, evidence: Evidence): Vital {
  const { recent, hasConsumer, mostlyType } = subject;
  const { unanswered, recovery, slowUntil } = evidence;
  return {
    windowMs,
    sent: recent.sent,
    attempts: hasConsumer ? recent.processed : recent.sent,
    failed: recent.failed,
    durationP95Ms: recent.durationP95Ms,
    unanswered,
    mostlyType,
    recovery,
    slowUntil,
  };
}

function evidenceOf(
  subject: Subject,
  slots: readonly DatedSlot[],
  slowSlots: readonly SlowSlot[],
  at: Date,
): Evidence {
  const { limits, lastProcessedAt } = subject;
  const run = runOf(slots, subject);
  return {
    unanswered: lastProcessedAt && maybeSilent(subject, at) ? unansweredSends(slots, lastProcessedAt) : null,
    recovery: recoveryFrom(run, limits.failedRatioMax, at),
    slowUntil: slownessEnded(slowSlots, limits.durationP95MaxMs)?.until ?? null,
    run,
    slowSince: slowSince(slowSlots, limits.durationP95MaxMs),
  };
}

function runOf(slots: readonly DatedSlot[], { hasConsumer, limits }: Subject): Run | undefined {
  const attempts = slots.map((slot) => {
    const { processed, failed } = attemptsIn(slot, hasConsumer);
    return { at: slot.at, until: slot.until, attempts: processed, failed };
  });
  return tellingRun(failureRuns(attempts, limits.failedRatioMax));
}

type Trouble = 'silence' | 'slowness' | 'failures' | undefined;

/** Which trouble the verdict speaks of. */
function troubleOf(
  { health }: Verdict,
  { recent, limits, hasConsumer }: Subject,
  evidence: Evidence,
): Trouble {
  if (health === 'healthy' || health === 'idle') return undefined;
  if (health === 'silent') return 'silence';
  if (health === 'failing') return 'failures';
  const attempts = hasConsumer ? recent.processed : recent.sent;
  const fails = attempts > 0 && recent.failed / attempts > limits.failedRatioMax;
  if (health === 'recovered') return fails ? 'failures' : 'slowness';
  const slow = recent.durationP95Ms !== null && recent.durationP95Ms > limits.durationP95MaxMs;
  return slow && !evidence.slowUntil ? 'slowness' : 'failures';
}

interface Finding {
  readonly name: string;
  readonly verdict: Verdict;
  readonly evidence: Evidence;
  readonly trouble: Trouble;
}

/** The slot of each failing flow in which its trouble began, or of a recovered one in which it was last seen. */
function slotsToDate(findings: readonly Finding[]): Map<string, Slot> {
  const dated = findings.flatMap(({ name, verdict, evidence: { run }, trouble }) =>
    trouble === 'failures' && run
      ? [[name, verdict.health === 'recovered' ? run.last : run.first] as const]
      : [],
  );
  return new Map(dated.slice(0, exactFlowsMax));
}

function dateOf({ health }: Verdict, evidence: Evidence, trouble: Trouble): Date | null {
  const { run, unanswered, slowUntil, slowSince: slow } = evidence;
  if (trouble === 'silence') return unanswered?.since ?? null;
  if (trouble === 'slowness') return health === 'recovered' ? slowUntil : slow;
  if (trouble !== 'failures') return null;
  return (health === 'recovered' ? run?.last.until : run?.first.at) ?? null;
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

/** Slots of the last day, and of the two weeks before it where a trouble has lasted for all of that day. */
async function readSlotsOf(
  clickHouse: ClickHouse,
  subjects: readonly Subject[],
  window: TimeRange,
): Promise<Map<string, DatedSlot[]>> {
  const dayStartMs = Math.floor((window.to.getTime() - dayMs) / hourMs) * hourMs;
  const names = subjects.map(({ name }) => name);
  const day = await readDay(clickHouse, names, window, window.to.getTime() - dayStartMs);
  const old = subjects.filter((subject) => {
    const run = runOf(day.get(subject.name) ?? [], subject);
    return run !== undefined && run.first.at.getTime() - dayStartMs < hourMs;
  });
  const before = { from: new Date(dayStartMs - longMs), to: new Date(dayStartMs) };
  const hours = await readHours(
    clickHouse,
    old.map(({ name }) => name),
    before,
  );
  return new Map(names.map((name) => [name, [...(hours.get(name) ?? []), ...(day.get(name) ?? [])]]));
}

type SlowSlot = Slot & { readonly durationP95Ms: number | null };

async function readSlow(
  clickHouse: ClickHouse,
  flows: readonly string[],
  at: Date,
): Promise<Map<string, SlowSlot[]>> {
  if (flows.length === 0) return new Map();
  const day = { from: new Date(at.getTime() - dayMs), to: at };
  const rows = await readPoints(clickHouse, day, slowSlotSeconds, flows);
  const byFlow = Map.groupBy(rows, ({ flow }) => flow);
  const judged = [...byFlow].map(([flow, points]) => {
    const operation = points.some((point) => point.operation === 'process') ? 'process' : 'send';
    const own = points.filter((point) => point.operation === operation);
    return [
      flow,
      own.map(({ slot, duration }) => ({
        at: new Date(slot * 1000),
        until: new Date((slot + slowSlotSeconds) * 1000),
        durationP95Ms: duration[1],
      })),
    ] as const;
  });
  return new Map(judged);
}
