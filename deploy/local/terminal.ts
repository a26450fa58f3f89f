import { readableLine } from './process/readable-line.ts';
import type { SupervisorEvents } from './process/supervise.ts';

const repeatMsMin = 10_000;
const lengthMax = 400;

/** What the person at the terminal sees: few lines, each once. */
export type Terminal = SupervisorEvents & {
  say: (line: string) => void;
  step: (label: string, startedMs: number) => void;
};

export const createTerminal = (write: (text: string) => void, nowMs: () => number): Terminal => {
  const lastSaidMs = new Map<string, number>();
  const say = (line: string): void => write(`${line}\n`);
  return {
    say,
    step: (label, startedMs) =>
      say(`  ${label.padEnd(14)} ready after ${((nowMs() - startedMs) / 1000).toFixed(1)} s`),
    note: (name, sentence) => say(`  ${name}: ${sentence}`),
    error: (name, line) => {
      const text = `${name}: ${readableLine(line)}`.slice(0, lengthMax);
      const now = nowMs();
      if (now - (lastSaidMs.get(text) ?? -Infinity) < repeatMsMin) return;
      if (lastSaidMs.size > 1000) lastSaidMs.clear();
      lastSaidMs.set(text, now);
      say(`  ${text}`);
    },
  };
};

/** Two columns, the first as wide as its longest label. */
export const renderTable = (rows: readonly (readonly [label: string, value: string])[]): string => {
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`).join('\n');
};
