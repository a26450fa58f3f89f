import { execute, query, type Executor } from '@plumbline/model/postgres/pool.ts';
import type { Fact, Link, Severity } from '@plumbline/slo/notify/notification.ts';
import { z } from 'zod';

/** A condition that holds now. Who finds it says so again at each look; it begins an episode once. */
export interface Finding {
  /** Made of facts that stay, never of text or measured values; at most 255 characters. */
  readonly key: string;
  readonly severity: Severity;
  readonly title: string;
  readonly summary: string;
  readonly facts: readonly Fact[];
  /** Only those of http and https are kept. */
  readonly links: readonly Link[];
  /** Names of the channels to tell. */
  readonly channels: readonly string[];
  /** What it is about, by the names of the catalog: what belongs together and who is spared are found by them. */
  readonly flows: readonly string[];
  readonly systems: readonly string[];
  readonly startedAt: Date;
}

/**
 * Begins an episode of the alert unless one lasts, whose text and facts are then brought up to date; the channels stay as
 * they were. @param episode id of the episode that may begin @returns the episode that lasts
 */
export async function raiseAlert(on: Executor, found: Finding, episode: string, now: Date): Promise<string> {
  const [row] = await query(on, {
    name: 'alerts.raise',
    sql: `
      INSERT INTO alerts (episode, key, severity, title, summary, facts, links, channels, flows, systems,
                          started_at, fired_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
      ON CONFLICT (key) WHERE resolved_at IS NULL
      DO UPDATE SET title = excluded.title, summary = excluded.summary, facts = excluded.facts, links = excluded.links
      RETURNING episode`,
    params: [
      episode,
      found.key,
      found.severity,
      found.title.slice(0, 500),
      found.summary.slice(0, 5000),
      JSON.stringify(found.facts),
      JSON.stringify(found.links.filter(({ href }) => /^https?:\/\//.test(href))),
      found.channels,
      found.flows,
      found.systems,
      found.startedAt,
      now,
    ],
    schema: z.object({ episode: z.string() }),
  });
  await execute(
    on,
    `INSERT INTO alert_courses (key, channel, not_before)
     SELECT key, unnest(channels), $2 FROM alerts WHERE key = $1 AND resolved_at IS NULL
     ON CONFLICT DO NOTHING`,
    [found.key, now],
  );
  return row?.episode ?? episode;
}

/** Ends the episode that lasts. @returns whether one did */
export async function clearAlert(on: Executor, key: string, now: Date): Promise<boolean> {
  const ended = await execute(
    on,
    'UPDATE alerts SET resolved_at = greatest($2, fired_at) WHERE key = $1 AND resolved_at IS NULL',
    [key, now],
  );
  return ended > 0;
}
