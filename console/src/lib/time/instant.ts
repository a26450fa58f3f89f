const formats = new Map<string, Intl.DateTimeFormat>();

/** Formatters are costly to make and pages show hundreds of instants, so each is made once. */
function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const id = zone + JSON.stringify(options);
  let made = formats.get(id);
  if (!made) {
    made = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hourCycle: 'h23', ...options });
    formats.set(id, made);
  }
  return made;
}

/** The zone when the engine knows it, else UTC: the text comes from a cookie. */
export function knownZone(zone: string | undefined): string {
  if (!zone || zone.length > 64) return 'UTC';
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return 'UTC';
  }
}

/** `14:03:22` in the zone. */
export function clockTime(ms: number, zone: string): string {
  return format(zone, { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(ms);
}

/** `23 Nov 14:03` in the zone. */
export function dayAndMinute(ms: number, zone: string): string {
  const day = format(zone, { day: '2-digit', month: 'short' }).format(ms);
  return `${day} ${format(zone, { hour: '2-digit', minute: '2-digit' }).format(ms)}`;
}

/** `23 Nov 14:03:22` in the zone; the year only when it is not the year of `nowMs`. */
export function dayAndTime(ms: number, zone: string, nowMs: number): string {
  const year = format(zone, { year: 'numeric' });
  const sameYear = year.format(ms) === year.format(nowMs);
  const day = format(zone, { day: '2-digit', month: 'short', ...(sameYear ? {} : { year: 'numeric' }) });
  return `${day.format(ms)} ${clockTime(ms, zone)}`;
}

/** `2026-11-23 14:03:22.120 UTC`, for titles: the same text for every reader. */
export function utcText(ms: number): string {
  return `${new Date(ms).toISOString().replace('T', ' ').replace('Z', '')} UTC`;
}

/** `3 min ago`, `in 2 h`, `just now`: coarse on purpose, the exact instant stands in the title. */
export function relativeTime(ms: number, nowMs: number): string {
  const awayMs = Math.abs(nowMs - ms);
  if (awayMs < 5000) return 'just now';
  const text = coarse(awayMs);
  return ms <= nowMs ? `${text} ago` : `in ${text}`;
}

function coarse(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  if (hours < 36) return `${hours} h`;
  return `${Math.round(hours / 24)} days`;
}

/** Value of an `<input type="datetime-local" step=1>` for an instant in the zone. */
export function localInputValue(ms: number, zone: string): string {
  const parts = new Map(
    format(zone, {
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
      .formatToParts(ms)
      .map((part) => [part.type, part.value]),
  );
  const of = (name: string) => parts.get(name as Intl.DateTimeFormatPartTypes) ?? '00';
  return `${of('year')}-${of('month')}-${of('day')}T${of('hour')}:${of('minute')}:${of('second')}`;
}
