import { query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import type { Alert, Attempt } from './schemas.ts';
import type { SilenceMatch } from './silence-schemas.ts';

const attemptsMax = 200;
const iso = z.date().transform((at) => at.toISOString());

const AlertRow = z.object({
  episode: z.string(),
  key: z.string(),
  severity: z.enum(['page', 'ticket']),
  state: z.enum(['firing', 'resolved']),
  title: z.string(),
  summary: z.string(),
  facts: z.array(z.object({ name: z.string(), value: z.string() })),
  links: z.array(z.object({ title: z.string(), href: z.string() })),
  channels: z.array(z.string()),
  flows: z.array(z.string()),
  startedAt: iso,
  firedAt: iso,
  resolvedAt: iso.nullable(),
  acknowledged: z
    .object({ by: z.string(), at: z.coerce.date().pipe(iso), until: z.coerce.date().pipe(iso) })
    .nullable(),
  incident: z.int().nullable(),
  isSilenced: z.boolean(),
});

/** @param $1 the instant of looking */
const alertColumns = `
  episode, key, severity, CASE WHEN resolved_at IS NULL THEN 'firing' ELSE 'resolved' END AS state, title, summary, facts,
  links, channels, flows, started_at AS "startedAt", fired_at AS "firedAt", resolved_at AS "resolvedAt",
  CASE WHEN acknowledged_until > $1 AND resolved_at IS NULL
    THEN jsonb_build_object('by', acknowledged_by, 'at', acknowledged_at, 'until', acknowledged_until) END AS acknowledged,
  (SELECT o.incident::float8 FROM incident_alerts o WHERE o.episode = alerts.episode) AS incident,
  resolved_at IS NULL AND is_silenced(alerts, $1) AS "isSilenced"`;

/** Episodes, the newest first. @param before instant and episode of the last one of the page before */
export function readAlerts(
  on: Executor,
  now: Date,
  state: 'firing' | 'resolved' | 'all',
  page: { before: readonly [string, string] | undefined; limit: number },
): Promise<Alert[]> {
  return query(on, {
    name: 'alerts.list',
    sql: `
      SELECT ${alertColumns} FROM alerts
      WHERE ($2 = 'all' OR (resolved_at IS NULL) = ($2 = 'firing'))
        AND ($3::timestamptz IS NULL OR (fired_at, episode) < ($3, $4::uuid))
      ORDER BY fired_at DESC, episode DESC
      LIMIT $5`,
    params: [now, state, page.before?.[0] ?? null, page.before?.[1] ?? null, page.limit],
    schema: AlertRow,
  });
}

const previewMax = 100;

/** Firing alerts that a silence of this kind would hold back. */
export function readMatching(on: Executor, now: Date, match: SilenceMatch): Promise<Alert[]> {
  return query(on, {
    name: 'alerts.matching',
    sql: `
      SELECT ${alertColumns} FROM alerts
      WHERE resolved_at IS NULL AND silence_covers(alerts, $2, $3, $4, $5)
      ORDER BY fired_at DESC, episode DESC LIMIT ${previewMax}`,
    params: [now, match.key, match.flow, match.system, match.severity],
    schema: AlertRow,
  });
}

export async function readAlert(on: Executor, episode: string, now: Date): Promise<Alert | undefined> {
  const [row] = await query(on, {
    name: 'alerts.one',
    sql: `SELECT ${alertColumns} FROM alerts WHERE episode = $2`,
    params: [now, episode],
    schema: AlertRow,
  });
  return row;
}

const ofIncidentMax = 200;

/** Alerts of an incident, those that fire first. */
export function readAlertsOf(on: Executor, incident: number, now: Date): Promise<Alert[]> {
  return query(on, {
    name: 'alerts.of_incident',
    sql: `
      SELECT ${alertColumns} FROM alerts
      WHERE episode IN (SELECT o.episode FROM incident_alerts o WHERE o.incident = $2)
      ORDER BY resolved_at IS NULL DESC, fired_at DESC LIMIT ${ofIncidentMax}`,
    params: [now, incident],
    schema: AlertRow,
  });
}

const CourseRow = z.object({
  channel: z.string(),
  believes: z.enum(['no', 'maybe', 'yes']),
  isSending: z.boolean(),
  notBefore: iso,
  times: z.int().nullable(),
});
export type CourseRow = z.output<typeof CourseRow>;

/** What the channels believe of an alert, for as long as they were told of this episode or may be. */
export function readCourses(on: Executor, key: string): Promise<CourseRow[]> {
  return query(on, {
    name: 'alerts.courses',
    sql: `
      SELECT channel, believes, sending IS NOT NULL AS "isSending", not_before AS "notBefore", (tried->>'times')::int AS times
      FROM alert_courses WHERE key = $1 ORDER BY channel LIMIT 100`,
    params: [key],
    schema: CourseRow,
  });
}

const AttemptRow = z.object({
  at: iso,
  channel: z.string(),
  action: z.enum(['trigger', 'update', 'resolve']),
  outcome: z.enum(['delivered', 'failed', 'refused', 'gone', 'unknown']),
  reason: z.string(),
  request: z.string(),
  answer: z.string(),
});

/** Attempts to tell of one episode, the newest first. */
export function readAttempts(on: Executor, episode: string): Promise<Attempt[]> {
  return query(on, {
    name: 'alerts.attempts',
    sql: `
      SELECT at, channel, action, outcome, reason, request, answer FROM alert_deliveries
      WHERE key = (SELECT key FROM alerts WHERE episode = $1) AND episode = $1
      ORDER BY id DESC LIMIT ${attemptsMax}`,
    params: [episode],
    schema: AttemptRow,
  });
}

/** The newest attempt at each of these channels. */
export function readLastAttempts(on: Executor, channels: readonly string[]) {
  return query(on, {
    name: 'alerts.last_attempts',
    sql: `
      SELECT channel, at, outcome, reason
      FROM unnest($1::text[]) AS asked (channel)
      CROSS JOIN LATERAL (
        SELECT at, outcome, reason FROM alert_deliveries d WHERE d.channel = asked.channel ORDER BY id DESC LIMIT 1
      ) newest
      LIMIT 1000`,
    params: [channels],
    schema: AttemptRow.pick({ channel: true, at: true, outcome: true, reason: true }),
  });
}
