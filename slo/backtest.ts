import type { Objective } from '@plumbline/model/catalog/objective.ts';
import { evaluate, newObjectiveState, type ObjectiveState, type Transition } from './evaluate.ts';
import { type Interval, minuteMs } from './interval.ts';
import type { Tape } from './tape.ts';

export interface Backtest {
  readonly transitions: readonly Transition[];
  readonly pages: number;
  readonly tickets: number;
  /** Minutes in which nothing could be judged. */
  readonly frozenMinutes: number;
  readonly incidents: number;
  readonly caught: number;
  /** From the beginning of a caught incident to its first page. */
  readonly detectionMinutesMedian: number | null;
  readonly state: ObjectiveState;
}

/**
 * What would have happened: evaluates every minute of the past with the function that runs live.
 * @param incidents Known incidents; a page that starts or goes on within one catches it.
 */
export function backtest(
  objective: Objective,
  tape: Tape,
  { from, to }: Interval,
  incidents: readonly Interval[] = [],
): Backtest {
  let state = newObjectiveState;
  let frozenMinutes = 0;
  const transitions: Transition[] = [];
  for (let minute = from; minute <= to; minute += 1) {
    const evaluated = evaluate(objective, state, { tape, watermarkMinute: minute }, minute);
    state = evaluated.state;
    frozenMinutes += evaluated.explanation.frozen === null ? 0 : 1;
    transitions.push(...evaluated.transitions);
  }
  const fired = (severity: string) =>
    transitions.filter((each) => each.kind === 'burn' && each.severity === severity && each.to === 'firing');
  const pages = fired('page').filter(({ reopened }) => !reopened);
  const detections = incidents.flatMap((incident) => {
    const page = fired('page').find(
      ({ atMs }) => atMs >= incident.from * minuteMs && atMs < incident.to * minuteMs,
    );
    return page === undefined ? [] : [page.atMs / minuteMs - incident.from];
  });
  return {
    transitions,
    pages: pages.length,
    tickets: fired('ticket').filter(({ reopened }) => !reopened).length,
    frozenMinutes,
    incidents: incidents.length,
    caught: detections.length,
    detectionMinutesMedian: medianOf(detections),
    state,
  };
}

/** One line for a person: `4 pages, caught 3 of 4 incidents, median detection 6 min`. */
export function summarizeBacktest(result: Backtest): string {
  const times = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
  const parts = [times(result.pages, 'page')];
  if (result.tickets > 0) parts.push(times(result.tickets, 'ticket'));
  if (result.incidents > 0) parts.push(`caught ${result.caught} of ${times(result.incidents, 'incident')}`);
  if (result.detectionMinutesMedian !== null) {
    parts.push(`median detection ${result.detectionMinutesMedian} min`);
  }
  if (result.frozenMinutes > 0) parts.push(`not measurable for ${times(result.frozenMinutes, 'minute')}`);
  return parts.join(', ');
}

function medianOf(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle];
  if (high === undefined) return null;
  return sorted.length % 2 === 1 ? high : (high + (sorted[middle - 1] ?? high)) / 2;
}
