import pg from 'pg';
import { z } from 'zod';
import { flowSpec } from '../business/flows.ts';
import type { Message } from '../business/types.ts';
import { idempotencyKey } from './idempotency.ts';

/** How often one message was delivered to its consumer, and how often it had an effect there. */
export interface Tally {
  readonly messageId: string;
  readonly deliveries: number;
  readonly effects: number;
}

export interface Totals {
  readonly messages: number;
  readonly delivered: number;
  readonly effects: number;
  /** Messages with more than one effect. */
  readonly doubled: number;
}

/** What every consumer keeps of the messages that reach it. */
export interface Inbox {
  /** Counts a delivery; answers which one of this message it is, from 1. */
  arrived(message: Message): Promise<number>;
  /** Books the effect of a message, once whatever happens; false when it was booked before. */
  effect(message: Message, atMs: number): Promise<boolean>;
  /** Takes over the deliveries of messages that died before this run. */
  remember(tries: readonly { readonly message: Message; readonly deliveries: number }[]): Promise<void>;
  /** The tallies of these messages, in their order; one that never came has none. */
  tallies(messageIds: readonly string[]): Promise<Tally[]>;
  /** Sums over these messages, or over all. */
  totals(messageIds?: readonly string[]): Promise<Totals>;
  close(): Promise<void>;
}

const definitions = `
  CREATE SCHEMA IF NOT EXISTS consumer;
  CREATE TABLE IF NOT EXISTS consumer.deliveries (
    message_id text PRIMARY KEY, flow text NOT NULL, deliveries integer NOT NULL);
  CREATE TABLE IF NOT EXISTS consumer.inbox (
    system text NOT NULL, message_id text NOT NULL, at timestamptz NOT NULL, PRIMARY KEY (system, message_id));
  CREATE TABLE IF NOT EXISTS consumer.effects (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, system text NOT NULL, flow text NOT NULL,
    message_id text NOT NULL, keys text[] NOT NULL, body jsonb NOT NULL, at timestamptz NOT NULL);
  CREATE INDEX IF NOT EXISTS effects_message ON consumer.effects (message_id);`;

const forget = 'TRUNCATE consumer.deliveries, consumer.inbox, consumer.effects';

/** Inbox and effect are written by one statement and so by one transaction: both or neither. */
const effectOnce = `
  WITH first AS (
    INSERT INTO consumer.inbox (system, message_id, at) VALUES ($1, $7, to_timestamp($6 / 1000.0))
    ON CONFLICT DO NOTHING RETURNING message_id)
  INSERT INTO consumer.effects (system, flow, message_id, keys, body, at)
  SELECT $1, $2, $3, $4, $5::jsonb, to_timestamp($6 / 1000.0) FROM first`;

/** What consumers do that have no inbox: whatever is delivered takes effect. */
const effectAlways = `
  INSERT INTO consumer.effects (system, flow, message_id, keys, body, at)
  VALUES ($1, $2, $3, $4, $5::jsonb, to_timestamp($6 / 1000.0))`;

const TallyRow = z.object({
  messageId: z.string(),
  deliveries: z.coerce.number(),
  effects: z.coerce.number(),
});
const TotalsRow = z.object({
  messages: z.coerce.number(),
  delivered: z.coerce.number(),
  effects: z.coerce.number(),
  doubled: z.coerce.number(),
});

const talliesSql = `
  SELECT m.id AS "messageId", coalesce(d.deliveries, 0) AS deliveries,
    (SELECT count(*) FROM consumer.effects AS e WHERE e.message_id = m.id) AS effects
  FROM unnest($1::text[]) WITH ORDINALITY AS m (id, position)
  LEFT JOIN consumer.deliveries AS d ON d.message_id = m.id
  ORDER BY m.position`;

const totalsSql = `
  WITH told AS (SELECT message_id, count(*) AS effects FROM consumer.effects
                WHERE $1::text[] IS NULL OR message_id = ANY ($1) GROUP BY message_id)
  SELECT count(*) AS messages, coalesce(sum(d.deliveries), 0) AS delivered,
    coalesce(sum(t.effects), 0) AS effects, count(*) FILTER (WHERE t.effects > 1) AS doubled
  FROM consumer.deliveries AS d LEFT JOIN told AS t USING (message_id)
  WHERE $1::text[] IS NULL OR d.message_id = ANY ($1)`;

export interface InboxOptions {
  /** The database of the systems' own tables. */
  readonly databaseUrl: string;
  /** Forgets what was delivered before. */
  readonly fresh: boolean;
  /** False: every delivery takes effect, to show what the inbox is for. */
  readonly once: boolean;
}

/** Opens the tables in which all consumers count; makes them where they are missing. */
export async function openInbox({ databaseUrl, fresh, once }: InboxOptions): Promise<Inbox> {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: 8,
    application_name: 'plumbline-distributor',
  });
  // A connection that dies while idle is replaced at the next question; nobody else listens for this.
  pool.on('error', () => undefined);
  await pool.query(definitions);
  if (fresh) await pool.query(forget);
  return {
    async arrived({ id, flow }) {
      const { rows } = await pool.query<{ deliveries: number }>(
        `INSERT INTO consumer.deliveries AS d (message_id, flow, deliveries) VALUES ($1, $2, 1)
         ON CONFLICT (message_id) DO UPDATE SET deliveries = d.deliveries + 1 RETURNING deliveries`,
        [id, flow],
      );
      return rows[0]?.deliveries ?? 1;
    },
    async effect(message, atMs) {
      const { id, flow, keys, body } = message;
      const values = [flowSpec(flow).target, flow, id, keys, JSON.stringify(body), atMs];
      const written = once
        ? await pool.query(effectOnce, [...values, idempotencyKey(message)])
        : await pool.query(effectAlways, values);
      return (written.rowCount ?? 0) > 0;
    },
    async remember(tries) {
      await pool.query(
        `INSERT INTO consumer.deliveries (message_id, flow, deliveries)
         SELECT * FROM unnest($1::text[], $2::text[], $3::integer[]) ON CONFLICT DO NOTHING`,
        [
          tries.map(({ message }) => message.id),
          tries.map(({ message }) => message.flow),
          tries.map(({ deliveries }) => deliveries),
        ],
      );
    },
    async tallies(messageIds) {
      return z.array(TallyRow).parse((await pool.query(talliesSql, [messageIds])).rows);
    },
    async totals(messageIds) {
      return TotalsRow.parse((await pool.query(totalsSql, [messageIds ?? null])).rows[0]);
    },
    close: () => pool.end(),
  };
}
