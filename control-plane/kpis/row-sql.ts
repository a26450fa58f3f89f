import { quote } from '@plumbline/model/clickhouse/derivation/sql-text.ts';
import type { Window } from './definition.ts';

/** Further back than this nothing is looked for that began in time to fall due in a period. */
const afterwardsDays = 31;

/** Names of a row's period and, in the current one, of its point of the trend. */
export function bucketSql(at: string, { timeZone, slotUnit }: Window): string {
  const start = slotUnit === 'hour' ? 'toStartOfHour' : 'toStartOfDay';
  const slot = `toString(toUnixTimestamp(${start}(${at}, ${quote(timeZone)})))`;
  return `if(${at} < {from:DateTime64(3)}, ['previous'], ['current', ${slot}])`;
}

/** What lies in the two periods and is known. */
export function dueSql(at: string): string {
  return `${at} >= {previousFrom:DateTime64(3)} AND ${at} < {to:DateTime64(3)} AND ${at} <= {asOf:DateTime64(3)}`;
}

/** Rows of a table that can matter: from so long before the periods until what came late is known. */
export function scanSql(column: string, lookBackMs: number): string {
  return `${column} >= {previousFrom:DateTime64(3)} - toIntervalMillisecond(${Math.ceil(lookBackMs)})
      AND ${column} <= {asOf:DateTime64(3)} AND ${column} < {to:DateTime64(3)} + toIntervalDay(${afterwardsDays})`;
}

export const decimal = (expression: string) => `toDecimal128(${expression}, 6)`;

/** An instant as text, in UTC with microseconds; empty for NULL. */
export const instantText = (column: string) =>
  `ifNull(concat(replaceOne(toString(toTimeZone(${column}, 'UTC')), ' ', 'T'), 'Z'), '')`;
