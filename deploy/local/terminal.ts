import { z } from 'zod';
import type { SupervisorEvents } from './process/supervise.ts';

const lineSchema = z.looseObject({ msg: z.string() });
const repeatMsMin = 10_000;
const lengthMax = 400;

/** What the person at the terminal sees: few lines, each once. */
export type Terminal = SupervisorEvents & {
  say: (line: string) => void;
  step: (label: string, startedMs: number) => void;
};

const readable = (line: string): string => {
  try {
    const parsed = lineSchema.safeParse(JSON.parse(line));
    if (parsed.success) {
      const { msg, ...rest } = parsed.data;
      const detail = rest['error'] ?? rest['reason'] ?? rest['err'];
      return typeof detail === 'string' ? `${msg}: ${detail}` : msg;
    }
  } catch {
    // Not every process writes JSON; PostgreSQL writes plain lines.
  }
  return line;
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
      const text = `${name}: ${readable(line)}`.slice(0, lengthMax);
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
