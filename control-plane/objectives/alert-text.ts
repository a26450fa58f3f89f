import type { Objective } from '@plumbline/model/catalog/objective.ts';
import type { Fact } from '@plumbline/slo/notify/notification.ts';
import type { ObjectiveFigures } from './schemas.ts';

export type Which = 'page' | 'ticket' | 'stale';

/** What an alert of an objective says: what happens, how bad it is, and how long the budget lasts. */
export function alertText(
  objective: Objective,
  figures: ObjectiveFigures,
  which: Which,
): { title: string; summary: string; facts: Fact[] } {
  if (which === 'stale') {
    const why =
      figures.frozen === 'watermark'
        ? 'no message of any flow has arrived lately'
        : 'the system that reports it is not heard often enough';
    return {
      title: `${objective.title}: not measurable`,
      summary: `This objective can neither fire nor resolve, because ${why}. Look whether telemetry still arrives.`,
      facts: factsOf(objective, figures),
    };
  }
  const holding = figures.burns.find(({ alert, holds }) => holds && alert.severity === which);
  const burn = holding?.longBurn ?? figures.burn;
  const long = holding ? ` in the last ${minutes(holding.alert.longMinutes)}` : '';
  const failed = holding ? `${whole(holding.badEvents)} messages failed${long}: ` : '';
  const pace =
    burn === null
      ? 'the budget burns too fast'
      : `the budget burns ${decimal(burn)} times as fast as it lasts`;
  return {
    title: `${objective.title}: budget burns too fast`,
    summary: `${failed}${pace}.`.replace(/^./, (first) => first.toUpperCase()),
    facts: factsOf(objective, figures),
  };
}

function factsOf(objective: Objective, { budget, exhaustionMinutes }: ObjectiveFigures): Fact[] {
  return [
    { name: 'Flow', value: objective.indicator.flow },
    { name: 'Target', value: `${decimal(objective.target * 100)} %` },
    ...(budget.indicator === null ? [] : [{ name: 'Kept', value: `${decimal(budget.indicator * 100)} %` }]),
    ...(budget.remaining === null
      ? []
      : [{ name: 'Budget left', value: `${decimal(budget.remaining * 100)} %` }]),
    ...(exhaustionMinutes === null ? [] : [{ name: 'Budget gone', value: gone(exhaustionMinutes) }]),
  ];
}

function gone(inMinutes: number): string {
  return inMinutes <= 0 ? 'already' : `in ${minutes(inMinutes)} of open time`;
}

const hour = 60;
const day = 24 * hour;

function minutes(count: number): string {
  if (count < 2 * hour) return count === hour ? 'hour' : `${whole(count)} minutes`;
  if (count < 2 * day) return `${whole(count / hour)} hours`;
  return `${whole(count / day)} days`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function decimal(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: Math.abs(value) < 10 ? 2 : 1 });
}

/** The period of a budget, in words. */
export function windowText(window: Objective['window']): string {
  if (window.kind === 'rolling') return `the last ${minutes(window.minutes)}`;
  return window.count === 1 ? `each ${window.unit}` : `every ${window.count} ${window.unit}s`;
}
