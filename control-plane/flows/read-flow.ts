import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import type { TimeRange } from '../range.ts';
import { slotInstant, slotSeconds, slotStarts, wholeMinutes } from '../slots.ts';
import {
  readAttempts,
  readCauses,
  readPoints,
  type AttemptsRow,
  type CauseRow,
  type PointRow,
} from './queries.ts';
import type { Cause, FlowDetail } from './schemas.ts';
import { summarizeFlows, thresholdsOf } from './summarize.ts';

const causesMax = 50;

/** One flow over a range: figures, series, causes and what the catalog says of it. @throws Problem not_found */
export async function readFlow(context: Context, name: string, asked: TimeRange): Promise<FlowDetail> {
  const { clickHouse } = context;
  const range = wholeMinutes(asked);
  const width = slotSeconds(range);
  const [[summary], points, causes, attempts] = await Promise.all([
    summarizeFlows(context, range, name),
    readPoints(clickHouse, range, width, [name]),
    readCauses(clickHouse, range, name, causesMax),
    readAttempts(clickHouse, range, name),
  ]);
  if (!summary) throw unknownFlow(name);
  const flow = context.catalog.current().catalog.flows.find((one) => one.name === name);
  const { spark: _, ...rest } = summary;
  const pointsBySlot = Map.groupBy(points, ({ slot }) => slot);
  const judged = summary.figures.processed > 0 ? 'process' : 'send';
  return {
    range: { from: asked.from.toISOString(), to: asked.to.toISOString() },
    stepSeconds: width,
    flow: {
      ...rest,
      description: flow?.description ?? null,
      runbook: flow?.runbook ?? null,
      match: flow?.match ?? [],
      thresholds: thresholdsOf(flow),
    },
    series: slotStarts(range, width).map((start) => pointOf(start, pointsBySlot.get(start) ?? [], judged)),
    causes: causes.map(causeOf),
    attempts: attemptsOf(attempts, judged),
  };
}

/** What to say of a name that neither the catalog nor any message knows. */
export function unknownFlow(name: string): Problem {
  return new Problem(
    'not_found',
    `No flow is called ${name}: the catalog does not declare it, and no message of this range or of the week before its end names it.`,
  );
}

function pointOf(
  start: number,
  rows: readonly PointRow[],
  operation: 'process' | 'send',
): FlowDetail['series'][number] {
  const send = rows.find((row) => row.operation === 'send');
  const process = rows.find((row) => row.operation === 'process');
  const judged = operation === 'process' ? process : send;
  const unreached = judged === send ? 0 : (send?.unreached ?? 0);
  const [durationP50Ms, durationP95Ms, durationP99Ms] = judged?.duration ?? [null, null, null];
  return {
    at: slotInstant(start),
    sent: send?.total ?? 0,
    processed: (process?.total ?? 0) + unreached,
    failed: (judged?.failed ?? 0) + unreached,
    retried: judged?.retried ?? 0,
    durationP50Ms,
    durationP95Ms,
    durationP99Ms,
    delayP95Ms: judged?.delay[1] ?? null,
  };
}

function attemptsOf(rows: readonly AttemptsRow[], operation: string): FlowDetail['attempts'] {
  return rows.filter((row) => row.operation === operation).map(({ attempt, count }) => ({ attempt, count }));
}

export function causeOf(row: CauseRow): Cause {
  const { traceId, spanId, message, flow: _, ...cause } = row;
  return { ...cause, example: { traceId, spanId, message } };
}
