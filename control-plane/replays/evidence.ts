import { query, type ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { z } from 'zod';

/** What a consumer did with one message, as telemetry tells it. */
export interface Outcome {
  readonly messageId: string;
  readonly at: Date;
  readonly outcome: string;
  readonly errorType: string;
  readonly traceId: string;
  readonly spanId: string;
}

/** A success with one business key. */
export interface KeySuccess {
  readonly key: string;
  readonly messageId: string;
  readonly at: Date;
}

/** What replays ask of telemetry. */
export interface Evidence {
  /** Outcomes of these messages at the consumer since then, at most 500 ids a call. */
  outcomes(flow: string, messageIds: readonly string[], since: Date): Promise<Outcome[]>;
  /** Newest success for each of these first keys and each message since then, at most 500 keys a call. */
  successes(flow: string, keys: readonly string[], since: Date): Promise<KeySuccess[]>;
  /** Services that process what is sent to a destination. */
  consumers(destination: string, since: Date): Promise<string[]>;
}

/** Texts in one query: its parameters travel in a URL. */
export const askedMax = 500;
const timeoutMsMax = 5000;

const OutcomeRow = z.object({
  messageId: z.string(),
  at: z.coerce.date(),
  outcome: z.string(),
  errorType: z.string(),
  traceId: z.string(),
  spanId: z.string(),
});

/** Evidence from the derived table of messages, which is ordered by flow and time. */
export function createEvidence(clickHouse: ClickHouse): Evidence {
  return {
    outcomes: (flow, messageIds, since) =>
      query(clickHouse, {
        name: 'replays.outcomes',
        sql: `
          SELECT MessageId AS messageId, Time AS at, Outcome AS outcome, ErrorType AS errorType, TraceId AS traceId, SpanId AS spanId
          FROM messages
          WHERE Flow = {flow:String} AND Time >= {since:DateTime64(3)} AND Operation = 'process'
            AND MessageId IN {ids:Array(String)}
          ORDER BY Time DESC
          LIMIT 3 BY MessageId
          LIMIT 2000`,
        params: { flow, since, ids: [...messageIds] },
        schema: OutcomeRow,
        timeoutMsMax,
      }),
    successes: (flow, keys, since) =>
      query(clickHouse, {
        name: 'replays.successes',
        sql: `
          SELECT arrayJoin(arrayIntersect(Keys, {keys:Array(String)})) AS key, MessageId AS messageId, max(Time) AS at
          FROM messages
          WHERE Flow = {flow:String} AND Time >= {since:DateTime64(3)} AND Operation = 'process'
            AND Outcome = 'delivered' AND hasAny(Keys, {keys:Array(String)})
          GROUP BY key, messageId
          ORDER BY at DESC
          LIMIT 3 BY key
          LIMIT 2000`,
        params: { flow, since, keys: [...keys] },
        schema: z.object({ key: z.string(), messageId: z.string(), at: z.coerce.date() }),
        timeoutMsMax,
      }),
    consumers: async (destination, since) => {
      const rows = await query(clickHouse, {
        name: 'replays.consumers',
        sql: `
          SELECT DISTINCT Service AS service
          FROM messages
          WHERE Time >= {since:DateTime64(3)} AND Operation = 'process' AND Destination = {destination:String}
          ORDER BY service
          LIMIT 50`,
        params: { destination, since },
        schema: z.object({ service: z.string() }),
        timeoutMsMax: 1000,
      });
      return rows.map(({ service }) => service);
    },
  };
}
