import { noData } from './number.ts';

/** A duration with at most two units: `820 µs`, `12.4 ms`, `1.25 s`, `3 min 20 s`, `2 h 5 min`, `1 d 4 h`. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return noData;
  if (ms < 0) return `−${duration(-ms)}`;
  if (ms === 0) return '0 ms';
  if (ms < 1) return `${Math.max(1, Math.round(ms * 1000))} µs`;
  if (ms < 1000) return `${threeDigits(ms)} ms`;
  if (ms < 59_950) return `${threeDigits(ms / 1000)} s`;
  return longDuration(Math.round(ms / 1000));
}

function threeDigits(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  const text = value.toFixed(value >= 9.995 ? 1 : 2);
  return text.replace(/\.?0+$/, '');
}

function longDuration(seconds: number): string {
  const steps: [number, string, number, string][] = [
    [86_400, 'd', 3600, 'h'],
    [3600, 'h', 60, 'min'],
    [60, 'min', 1, 's'],
  ];
  for (const [unit, name, next, nextName] of steps) {
    if (seconds < unit) continue;
    const rest = Math.floor((seconds % unit) / next);
    return `${Math.floor(seconds / unit)} ${name}${rest > 0 ? ` ${rest} ${nextName}` : ''}`;
  }
  return `${seconds} s`;
}
