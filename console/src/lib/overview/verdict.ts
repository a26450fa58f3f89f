import type { Health, Overview } from '../api-types.ts';
import { counted } from '../format/number.ts';
import type { Tone } from '../status.ts';

export interface Verdict {
  readonly tone: Tone;
  readonly text: string;
}

const troubled: readonly Health[] = ['failing', 'silent', 'degraded'];

/** The first sentence of the first page: is anything broken, and does it hold up work? */
export function verdictOf(overview: Overview): Verdict {
  const { flowsByHealth: flows } = overview;
  const parts = troubled.filter((health) => flows[health] > 0).map((health) => `${flows[health]} ${health}`);
  const late = overview.processes.reduce((total, process) => total + process.late, 0);
  const held = late > 0 ? ` ${counted(late, 'transaction')} ${late === 1 ? 'is' : 'are'} late.` : '';
  if (parts.length > 0) {
    const tone: Tone = flows.failing > 0 ? 'bad' : flows.silent > 0 ? 'silent' : 'warn';
    return { tone, text: `${sentence(parts)} of ${counted(total(flows), 'flow')}.${held}` };
  }
  if (flows.healthy + flows.recovered === 0)
    return { tone: 'idle', text: `No flow moved anything in this range.${held}` };
  if (flows.recovered > 0) {
    const text = `Nothing is broken now; ${flows.recovered} of ${counted(total(flows), 'flow')} recovered.${held}`;
    return { tone: late > 0 ? 'warn' : 'good', text };
  }
  return { tone: late > 0 ? 'warn' : 'good', text: `Every flow that moved is within its limits.${held}` };
}

/** Flows that need a person. */
export function isTroubled(health: Health): boolean {
  return troubled.includes(health);
}

/** Start of the oldest trouble that still lasts. */
export function troubledSince(overview: Overview): string | undefined {
  const starts = overview.flows.filter((flow) => isTroubled(flow.health)).map((flow) => flow.since);
  return starts.filter((since) => since !== null).toSorted()[0];
}

function total(flows: Overview['flowsByHealth']): number {
  return Object.values(flows).reduce((sum, count) => sum + count, 0);
}

function sentence(parts: readonly string[]): string {
  if (parts.length < 2) return parts.join('');
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}
