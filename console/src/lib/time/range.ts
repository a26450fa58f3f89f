/** A time range as it stands in the address: Grafana's form, either end relative (`now-1h`) or an instant. */
export interface Range {
  readonly from: string;
  readonly to: string;
}

/** Query of an address, as far as it is read here. */
export interface Params {
  readonly get: (name: string) => string | null;
  readonly toString: () => string;
}

export const defaultRange: Range = { from: 'now-1h', to: 'now' };

export const presets = [
  { from: 'now-15m', label: 'Last 15 minutes' },
  { from: 'now-1h', label: 'Last hour' },
  { from: 'now-3h', label: 'Last 3 hours' },
  { from: 'now-6h', label: 'Last 6 hours' },
  { from: 'now-12h', label: 'Last 12 hours' },
  { from: 'now-24h', label: 'Last 24 hours' },
  { from: 'now-2d', label: 'Last 2 days' },
  { from: 'now-7d', label: 'Last 7 days' },
  { from: 'now-30d', label: 'Last 30 days' },
] as const;

const relativePattern = /^now(?:-(\d{1,5})(s|m|h|d|w))?$/;
const unitMs: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const unitName: Record<string, string> = { s: 'second', m: 'minute', h: 'hour', d: 'day', w: 'week' };

/** Epoch milliseconds of one end, or undefined when the text is no point in time. */
export function resolveTime(text: string, nowMs: number): number | undefined {
  const relative = relativePattern.exec(text);
  if (relative) return nowMs - Number(relative[1] ?? 0) * (unitMs[relative[2] ?? 's'] ?? 0);
  if (/^\d{10,14}$/.test(text)) return Number(text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined;
  const parsed = Date.parse(text);
  return Number.isNaN(parsed) ? undefined : parsed;
}

/** Both ends in epoch milliseconds; undefined when one cannot be read or they stand the wrong way round. */
export function resolveRange(range: Range, nowMs: number): { fromMs: number; toMs: number } | undefined {
  const fromMs = resolveTime(range.from, nowMs);
  const toMs = resolveTime(range.to, nowMs);
  if (fromMs === undefined || toMs === undefined || fromMs >= toMs) return undefined;
  return { fromMs, toMs };
}

/** Range of an address; the default when it names none or one that makes no sense. */
export function rangeOf(params: Params, fallback: Range = defaultRange): Range {
  const range = { from: params.get('from') ?? fallback.from, to: params.get('to') ?? fallback.to };
  // Any fixed instant does: whether a range makes sense hangs on the present only for mixed ends.
  return resolveRange(range, 4e12) ? range : fallback;
}

/** A range that ends now moves on by itself; only such a page refreshes. */
export function isLive(range: Range): boolean {
  return range.to === 'now';
}

/** "Last hour" for relative ranges; undefined for others, whose label needs a time zone. */
export function relativeLabel(range: Range): string | undefined {
  if (range.to !== 'now') return undefined;
  const preset = presets.find((p) => p.from === range.from);
  if (preset) return preset.label;
  const match = relativePattern.exec(range.from);
  if (!match?.[1] || !match[2]) return undefined;
  const plural = match[1] === '1' ? '' : 's';
  return `Last ${match[1]} ${unitName[match[2]]}${plural}`;
}

/** The same span twice as wide around its middle, never past the present. */
export function zoomOut(range: Range, nowMs: number): Range {
  const resolved = resolveRange(range, nowMs);
  if (!resolved) return defaultRange;
  const { fromMs, toMs } = resolved;
  const half = (toMs - fromMs) / 2;
  return absoluteRange(fromMs - half, Math.min(toMs + half, nowMs));
}

/** The span just before (-1) or just after (+1) this one. */
export function shift(range: Range, direction: -1 | 1, nowMs: number): Range {
  const resolved = resolveRange(range, nowMs);
  if (!resolved) return defaultRange;
  const width = resolved.toMs - resolved.fromMs;
  const toMs = Math.min(resolved.toMs + direction * width, nowMs);
  return absoluteRange(toMs - width, toMs);
}

/** Range with fixed ends, rounded outward to whole seconds so that addresses stay readable. */
export function absoluteRange(fromMs: number, toMs: number): Range {
  const from = Math.floor(fromMs / 1000) * 1000;
  const to = Math.max(Math.ceil(toMs / 1000) * 1000, from + 1000);
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}
