import {
  execute,
  inTransaction,
  query,
  type Executor,
  type Postgres,
} from '@plumbline/model/postgres/pool.ts';
import {
  beginAct,
  mayBeDouble,
  nextAct,
  recordAct,
  type Act,
  type AlertState,
  type Course,
  type CoursePolicy,
} from '@plumbline/slo/notify/course.ts';
import type { Delivery, Notification } from '@plumbline/slo/notify/notification.ts';
import { z } from 'zod';

/** How long whoever sends may take before it is unknown what became of the act. More than any channel waits. */
export const leaseMs = 30_000;
const textMax = 8000;

const ActRow = z.object({
  action: z.enum(['trigger', 'update', 'resolve']),
  id: z.string(),
  episode: z.string(),
});
const TriedRow = z.object({ id: z.string(), times: z.int(), mayHaveArrived: z.boolean() });
const CourseRow = z.object({
  key: z.string(),
  channel: z.string(),
  believes: z.enum(['no', 'maybe', 'yes']),
  episode: z.string().nullable(),
  sending: ActRow.nullable(),
  tried: TriedRow.nullable(),
  notBefore: z.date(),
  toldAt: z.date().nullable(),
  updates: z.int(),
});

/** Of `alert_courses c`. */
const courseColumns = `
  key, channel, believes, c.episode::text, sending, tried, not_before AS "notBefore", told_at AS "toldAt", updates`;

const EpisodeRow = z.object({
  episode: z.string(),
  key: z.string(),
  severity: z.enum(['page', 'ticket']),
  title: z.string(),
  summary: z.string(),
  facts: z.array(z.object({ name: z.string(), value: z.string() })),
  links: z.array(z.object({ title: z.string(), href: z.string() })),
  startedAt: z.date(),
  firedAt: z.date(),
  resolvedAt: z.date().nullable(),
  isMuted: z.boolean(),
  acknowledgedUntil: z.date().nullable(),
  channels: z.array(z.string()),
});

const episodeColumns = `
  episode, key, severity, title, summary, facts, links, started_at AS "startedAt", fired_at AS "firedAt",
  resolved_at AS "resolvedAt", is_muted(alerts, $3) AS "isMuted", acknowledged_until AS "acknowledgedUntil", channels`;

/** An act that is ours to send, stored as on its way. */
export interface Claim {
  readonly key: string;
  readonly channel: string;
  readonly lease: string;
  readonly act: Act;
  readonly notification: Notification;
  readonly mayBeDouble: boolean;
}

export interface ClaimOptions {
  readonly channel: string;
  readonly now: Date;
  readonly lease: string;
  readonly policy: CoursePolicy;
}

/**
 * Takes the next act that is due for a channel, of the course that waited longest; undefined when nothing is. Courses that
 * others hold are passed by. What somebody held for too long is recorded as unknown first.
 */
export function claimNext(postgres: Postgres, options: ClaimOptions): Promise<Claim | undefined> {
  return inTransaction(postgres, async (on) => {
    for (const row of await lockDue(on, options)) {
      const claim = await claimCourse(on, row, options);
      if (claim) return claim;
    }
    return undefined;
  });
}

/** Courses whose channel has to be told something. What is muted stands in nobody's way, however much of it there is. */
function lockDue(on: Executor, { channel, now, policy }: ClaimOptions) {
  return query(on, {
    name: 'alerts.due',
    sql: `
      SELECT ${courseColumns} FROM alert_courses c
      LEFT JOIN LATERAL (
        SELECT a.episode, a.acknowledged_until, is_muted(a, $2) AS is_muted
        FROM alerts a WHERE a.key = c.key AND resolved_at IS NULL AND $1 = ANY (a.channels)) firing ON true
      WHERE channel = $1 AND (not_before <= $2 OR lease IS NOT NULL)
        AND (lease_until IS NULL OR lease_until < clock_timestamp())
        AND (lease IS NOT NULL OR CASE WHEN firing.episode IS NULL THEN believes <> 'no'
          ELSE believes <> 'no' AND c.episode <> firing.episode OR NOT is_muted AND (
            believes <> 'yes' OR told_at <= $3 OR told_at < acknowledged_until) END)
      ORDER BY not_before, key LIMIT 20
      FOR UPDATE OF c SKIP LOCKED`,
    params: [channel, now, new Date(now.getTime() - policy.repeatMs)],
    schema: CourseRow,
  });
}

async function claimCourse(
  on: Executor,
  row: z.output<typeof CourseRow>,
  { channel, now, lease, policy }: ClaimOptions,
): Promise<Claim | undefined> {
  let course: Course = { ...row, episode: row.episode ?? '' };
  if (course.sending) {
    await keepDelivery(on, row, course.sending, undefined, now);
    course = recordAct(course, undefined, now, policy);
  }
  const newest = await readEpisode(on, row.key, undefined, now);
  const act = newest && nextAct(course, stateOf(newest, channel), now, policy);
  const told =
    act && (act.episode === newest.episode ? newest : await readEpisode(on, row.key, act.episode, now));
  if (!act || !told) {
    if (row.sending) await storeCourse(on, row, course, null);
    return undefined;
  }
  const begun = beginAct(course, act);
  await storeCourse(on, row, begun, lease);
  return {
    key: row.key,
    channel,
    lease,
    act,
    notification: notificationOf(told, act, now),
    mayBeDouble: mayBeDouble(begun),
  };
}

/**
 * Stores what became of an act, unless the claim was lost meanwhile: then it stands as unknown already.
 * @returns whether it was stored
 */
export function recordDelivery(
  postgres: Postgres,
  claim: Claim,
  delivery: Delivery,
  now: Date,
  policy: CoursePolicy,
): Promise<boolean> {
  return inTransaction(postgres, async (on) => {
    const [row] = await query(on, {
      name: 'alerts.held',
      sql: `SELECT ${courseColumns} FROM alert_courses c WHERE key = $1 AND channel = $2 AND lease = $3 FOR UPDATE`,
      params: [claim.key, claim.channel, claim.lease],
      schema: CourseRow,
    });
    if (!row) return false;
    await keepDelivery(on, row, claim.act, delivery, now);
    const course = recordAct({ ...row, episode: row.episode ?? '' }, delivery, now, policy);
    await storeCourse(on, row, course, null);
    return true;
  });
}

async function storeCourse(
  on: Executor,
  { key, channel }: { key: string; channel: string },
  course: Course,
  lease: string | null,
): Promise<void> {
  await execute(
    on,
    `UPDATE alert_courses
     SET believes = $3, episode = $4, sending = $5, tried = $6, not_before = $7, told_at = $8, updates = $9, lease = $10,
         lease_until = CASE WHEN $10::uuid IS NULL THEN NULL ELSE clock_timestamp() + $11 * interval '1 millisecond' END
     WHERE key = $1 AND channel = $2`,
    [
      key,
      channel,
      course.believes,
      course.episode === '' ? null : course.episode,
      course.sending && JSON.stringify(course.sending),
      course.tried && JSON.stringify(course.tried),
      course.notBefore,
      course.toldAt,
      course.updates,
      lease,
      leaseMs,
    ],
  );
}

/** @param delivery undefined: whoever sent it died */
async function keepDelivery(
  on: Executor,
  { key, channel }: { key: string; channel: string },
  act: Act,
  delivery: Delivery | undefined,
  at: Date,
): Promise<void> {
  const reason = delivery && 'reason' in delivery ? delivery.reason : '';
  await execute(
    on,
    `INSERT INTO alert_deliveries (key, channel, episode, act_id, action, at, outcome, reason, request, answer)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      key,
      channel,
      act.episode,
      act.id,
      act.action,
      at,
      delivery?.kind ?? 'unknown',
      storable(delivery ? reason : 'Whoever sent it ended before it knew the answer.'),
      storable(delivery?.exchange.request ?? ''),
      storable(delivery?.exchange.answer ?? ''),
    ],
  );
}

/** PostgreSQL keeps no NUL in a text, and an answer may hold anything. */
function storable(text: string): string {
  return text.replaceAll('\0', '').slice(0, textMax);
}

/** @param episode undefined: the newest one */
async function readEpisode(on: Executor, key: string, episode: string | undefined, now: Date) {
  const [row] = await query(on, {
    name: 'alerts.episode',
    sql: `
      SELECT ${episodeColumns} FROM alerts
      WHERE key = $1 AND ($2::uuid IS NULL OR episode = $2)
      ORDER BY resolved_at IS NULL DESC, fired_at DESC LIMIT 1`,
    params: [key, episode ?? null, now],
    schema: EpisodeRow,
  });
  return row;
}

function stateOf(newest: z.output<typeof EpisodeRow>, channel: string): AlertState {
  return {
    isFiring: newest.resolvedAt === null && newest.channels.includes(channel),
    episode: newest.episode,
    isMuted: newest.isMuted,
    tellAgainAt: newest.acknowledgedUntil,
  };
}

function notificationOf(
  {
    key,
    severity,
    title,
    summary,
    facts,
    links,
    startedAt,
    firedAt,
    resolvedAt,
  }: z.output<typeof EpisodeRow>,
  { action, id }: Act,
  now: Date,
): Notification {
  const at = { trigger: firedAt, update: now, resolve: resolvedAt ?? now }[action];
  return { id, key, action, severity, title, summary, at, startedAt, facts, links };
}
