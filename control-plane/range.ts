import { z } from '@hono/zod-openapi';
import { Problem } from './problem.ts';

const unitMs: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const rangeMsMax = 400 * 86_400_000;

export interface TimeRange {
  readonly from: Date;
  readonly to: Date;
}

/** Query parameters of a range, in Grafana's form. */
export const RangeQuery = z.object({
  from: z.string().max(40).default('now-1h').openapi({
    example: 'now-1h',
    description: 'Start: now-1h, an ISO 8601 instant, or milliseconds since 1970.',
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

function parseInstant(name: string, text: string, now: Date): Date {
  const relative = /^now(?:([-+])(\d{1,6})([smhdw]))?$/.exec(text);
  if (relative) {
    const [, sign, amount, unit] = relative;
    const offsetMs = Number(amount ?? 0) * (unitMs[unit ?? ''] ?? 0);
    return new Date(now.getTime() + (sign === '+' ? offsetMs : -offsetMs));
  }
  const instant = new Date(/^\d{10,14}$/.test(text) ? Number(text) : isoInstant(text));
  if (Number.isNaN(instant.getTime()))
    throw wrong(name, 'write now-1h, an ISO 8601 instant, or milliseconds since 1970');
  return instant;
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
