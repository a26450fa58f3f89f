import { query, type ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { z } from 'zod';
import type { TimeRange } from '../range.ts';
import { readSlots, type SlotRow } from './queries.ts';
import type { Slot } from './trouble.ts';

const minuteSeconds = 60;
const wideSeconds = 300;
const hourSeconds = 3600;

export type DatedSlot = SlotRow & Slot;

/** Slots of some flows by name, oldest first: the recent window by the minute, what lies before it by five. */
export async function readDay(
  clickHouse: ClickHouse,
  flows: readonly string[],
  window: TimeRange,
  lookBackMs: number,
): Promise<Map<string, DatedSlot[]>> {
  if (flows.length === 0) return new Map();
  const before = { from: new Date(window.to.getTime() - lookBackMs), to: window.from };
  const [old, recent] = await Promise.all([
    readSlots(clickHouse, before, wideSeconds, flows),
    readSlots(clickHouse, window, minuteSeconds, flows),
  ]);
  return Map.groupBy([...dated(old, wideSeconds), ...dated(recent, minuteSeconds)], ({ flow }) => flow);
}

/** Slots of whole hours of some flows by name, oldest first. */
export async function readHours(
  clickHouse: ClickHouse,
  flows: readonly string[],
  range: TimeRange,
): Promise<Map<string, DatedSlot[]>> {
  if (flows.length === 0) return new Map();
  const rows = await readSlots(clickHouse, range, hourSeconds, flows);
  return Map.groupBy(dated(rows, hourSeconds), ({ flow }) => flow);
}

function dated(rows: readonly SlotRow[], widthSeconds: number): DatedSlot[] {
  return rows.map((row) => ({
    ...row,
    at: new Date(row.slot * 1000),
    until: new Date((row.slot + widthSeconds) * 1000),
  }));
}

const EndsRow = z.object({ flow: z.string(), firstAt: z.string(), lastAt: z.string() });

/**
 * First and last failure of each of some flows within a slot of its own: when a trouble began to the second, not to the
 * minute. A flow whose messages of that time are no longer kept is missing. One short stretch of the key is read for each.
 */
export async function readEnds(
  clickHouse: ClickHouse,
  slots: ReadonlyMap<string, Slot>,
): Promise<Map<string, { firstAt: Date; lastAt: Date }>> {
  if (slots.size === 0) return new Map();
  const asked = [...slots];
  const params: Record<string, unknown> = {};
  for (const [index, [flow, { at, until }]] of asked.entries()) {
    params[`flow${index}`] = flow;
    params[`from${index}`] = at;
    params[`to${index}`] = until;
  }
  const one = (index: number): string =>
    `(Flow = {flow${index}:String} AND Time >= {from${index}:DateTime64(3)} AND Time < {to${index}:DateTime64(3)})`;
  const rows = await query(clickHouse, {
    name: 'flows.ends_of_trouble',
    sql: `
      SELECT Flow AS flow, min(Time) AS firstAt, max(Time) AS lastAt
      FROM messages
      WHERE (${asked.map((_, index) => one(index)).join(' OR ')})
        AND Operation IN ('send', 'process') AND Outcome IN ('failed', 'retried', 'dead_lettered')
      GROUP BY Flow
      ORDER BY Flow
      LIMIT ${asked.length}`,
    params,
    schema: EndsRow,
  });
  return new Map(
    rows.map(({ flow, firstAt, lastAt }) => [flow, { firstAt: new Date(firstAt), lastAt: new Date(lastAt) }]),
  );
}
