const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

/** Shown where there is nothing to say: no data is never 0 and never 100 %. */
export const noData = '–';

/** `12,345`; from a million on `1.2M`. */
export function count(value: number | null | undefined): string {
  if (value === null || value === undefined) return noData;
  return Math.abs(value) >= 1_000_000 ? compact.format(value) : whole.format(value);
}

/** Share 0..1 as a percentage. A share that is not nought never reads as 0 %, nor one below one as 100 %. */
export function percent(ratio: number | null | undefined): string {
  if (ratio === null || ratio === undefined) return noData;
  if (ratio === 0) return '0%';
  if (ratio === 1) return '100%';
  const value = ratio * 100;
  if (value < 0.01) return '<0.01%';
  if (value > 99.99) return '>99.99%';
  if (value < 1 || value > 99) return `${value.toFixed(2)}%`;
  return `${value.toFixed(1)}%`;
}

/** Rate per minute with as many digits as it deserves. */
export function perMinute(value: number | null | undefined): string {
  if (value === null || value === undefined) return noData;
  if (value === 0) return '0/min';
  const digits = value < 1 ? 2 : value < 10 ? 1 : 0;
  return `${value < 1000 ? value.toFixed(digits) : compact.format(value)}/min`;
}

/** `1 message`, `2 messages`. */
export function counted(value: number, noun: string, plural = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : plural}`;
}
