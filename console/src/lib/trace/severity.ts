import type { Tone } from '../status.ts';

/** Tone of a log line's severity text, whose spelling differs from one logger to the next. */
export function severityTone(severity: string): Tone {
  const text = severity.toLowerCase();
  if (/^(err|fatal|crit|emerg|alert)/.test(text)) return 'bad';
  return text.startsWith('warn') ? 'warn' : 'idle';
}
