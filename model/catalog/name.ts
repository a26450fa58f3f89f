import { z } from 'zod';

/** Lower-case name with dashes, at most 63 characters, as in DNS labels: it stands in URLs and queries. */
export const Name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'use lower-case letters, digits and dashes, starting with a letter');

/** Name of the IANA time zone database. */
export const TimeZone = z.string().refine(isTimeZone, 'use an IANA time zone such as America/Chicago');

const durationPattern = /^(?=.)(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$/;

/** Span of elapsed time written with units, largest first: `90s`, `15m`, `1d12h`. */
export const Duration = z.string().regex(durationPattern, 'write a duration such as 30s, 15m, 4h or 1d12h');

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** Name of a business event: `entity.past_participle`, such as `order.placed`. */
export const EventName = z
  .string()
  .regex(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/, 'use entity.verb in lower case, such as order.placed');
