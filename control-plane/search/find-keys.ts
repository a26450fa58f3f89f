import { query, type ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { parseBusinessKey } from '@plumbline/model/telemetry/business-key.ts';
import { z } from 'zod';

const FoundKey = z.object({ key: z.string(), lastAt: z.string(), exact: z.number() });
export type FoundKey = z.output<typeof FoundKey>;

/**
 * Keys whose id is, or begins with, the first of the texts, is one of the others, or begins with one of the prefixes;
 * `entity:id` asks for that entity alone. Exact ones come first, then the newest.
 */
export function findKeys(
  clickHouse: ClickHouse,
  texts: readonly string[],
  limit: number,
  prefixes: readonly string[] = [],
): Promise<FoundKey[]> {
  const key = parseBusinessKey(texts[0] ?? '');
  const ids = [key?.id ?? texts[0] ?? '', ...texts.slice(1)].map((text) => text.toLowerCase());
  const starts = [ids[0] ?? '', ...prefixes.map((prefix) => prefix.toLowerCase())];
  // One range of the sort key each: an array of them would read the whole table.
  const ranges = starts.map((_, at) => `(Id >= {from${at}:String} AND Id < {to${at}:String})`).join(' OR ');
  const bounds: Record<string, string> = {};
  for (const [at, start] of starts.entries()) {
    bounds[`from${at}`] = start;
    bounds[`to${at}`] = `${start}\u{10FFFF}`;
  }
  return query(clickHouse, {
    name: 'search.keys',
    sql: `
      SELECT Key AS key, max(LastSeen) AS lastAt, toUInt8(any(Id) IN {ids:Array(String)}) AS exact
      FROM key_search
      WHERE (${ranges} OR Id IN {ids:Array(String)})
        AND ({entity:String} = '' OR startsWith(Key, concat({entity:String}, ':')))
      GROUP BY Key
      ORDER BY exact DESC, lastAt DESC, key
      LIMIT {limit:UInt8}`,
    params: { ...bounds, ids, entity: key?.entity ?? '', limit },
    schema: FoundKey,
  });
}
