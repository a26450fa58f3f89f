import { z } from '@hono/zod-openapi';
import { Problem } from './problem.ts';

const unitMs: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const rangeMsMax = 400 * 86_400_000;
/** What ClickHouse's DateTime can hold: no telemetry lies outside of it. */
const earliestMs = 0;
const latestMs = Date.UTC(2106, 0, 1);

export interface TimeRange {
  readonly from: Date;
  readonly to: Date;
}

/** Query parameters of a range, in Grafana's form. */
export const RangeQuery = z.object({
  from: z.string().max(40).default('now-1h').openapi({
    example: 'now-1h',
    description: 'Start: now-1h, now/d, an ISO 8601 instant, or milliseconds since 1970.',
  }),
  to: z.string().max(40).default('now').openapi({ example: 'now', description: 'End, in the same forms.' }),
});

/** Reads a range; a relative instant counts from `now`. @throws Problem bad_request */
export function parseRange(query: { from: string; to: string }, now: Date): TimeRange {
  const from = parseInstant('from', query.from, now);
  const to = parseInstant('to', query.to, now);
  if (from >= to) throw wrong('from', 'the start must lie before the end');
  if (to.getTime() - from.getTime() > rangeMsMax) throw wrong('from', 'a range may be 400 days long at most');
  return { from, to };
}

function parseInstant(name: 'from' | 'to', text: string, now: Date): Date {
  const instant = relativeInstant(name, text, now) ?? absoluteInstant(text);
  if (Number.isNaN(instant.getTime()))
    throw wrong(name, 'write now-1h, an ISO 8601 instant, or milliseconds since 1970');
  if (instant.getTime() < earliestMs || instant.getTime() > latestMs)
    throw wrong(name, 'it lies outside of the years 1970 to 2105');
  return instant;
}

/** `now-1d/d` rounds to the whole unit in UTC: down for a start, up for an end, as Grafana does. */
function relativeInstant(name: 'from' | 'to', text: string, now: Date): Date | undefined {
  const match = /^now(?:([-+])(\d{1,6})([smhdw]))?(?:\/([smhdw]))?$/.exec(text);
  if (!match) return undefined;
  const [, sign, amount, unit, rounding] = match;
  const offsetMs = Number(amount ?? 0) * (unitMs[unit ?? ''] ?? 0);
  const atMs = now.getTime() + (sign === '+' ? offsetMs : -offsetMs);
  if (rounding === undefined) return new Date(atMs);
  const wholeMs = unitMs[rounding] ?? 1;
  // Weeks begin on Monday; 1 January 1970 was a Thursday.
  const originMs = rounding === 'w' ? -3 * (unitMs['d'] ?? 0) : 0;
  const startMs = Math.floor((atMs - originMs) / wholeMs) * wholeMs + originMs;
  return new Date(name === 'from' ? startMs : startMs + wholeMs - 1);
}

function absoluteInstant(text: string): Date {
  return new Date(/^\d{10,14}$/.test(text) ? Number(text) : isoInstant(text));
}

/** A text without a zone would be read in the zone of this machine: it counts as UTC. */
function isoInstant(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return 'invalid';
  return /(?:Z|[+-]\d{2}:?\d{2})$/i.test(text) || text.length === 10 ? text : `${text}Z`;
}

function wrong(path: string, message: string): Problem {
  return new Problem('bad_request', `The parameter ${path} is wrong: ${message}.`, {
    errors: [{ path, message }],
  });
}
