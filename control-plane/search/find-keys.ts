import { query, type ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { parseBusinessKey } from '@plumbline/model/telemetry/business-key.ts';
import { z } from 'zod';

const FoundKey = z.object({ key: z.string(), lastAt: z.string(), exact: z.number() });
export type FoundKey = z.output<typeof FoundKey>;

/**
 * Keys whose id is, or begins with, the first of the texts, or is one of the others; `entity:id` asks for that entity
 * alone. Exact ones come first, then the newest.
 */
export function findKeys(
  clickHouse: ClickHouse,
  texts: readonly string[],
  limit: number,
): Promise<FoundKey[]> {
  const key = parseBusinessKey(texts[0] ?? '');
  const ids = [key?.id ?? texts[0] ?? '', ...texts.slice(1)].map((text) => text.toLowerCase());
  return query(clickHouse, {
    name: 'search.keys',
    sql: `
      SELECT Key AS key, max(LastSeen) AS lastAt, toUInt8(any(Id) IN {ids:Array(String)}) AS exact
      FROM key_search
      WHERE ((Id >= {id:String} AND Id < {end:String}) OR Id IN {ids:Array(String)})
        AND ({entity:String} = '' OR startsWith(Key, concat({entity:String}, ':')))
      GROUP BY Key
      ORDER BY exact DESC, lastAt DESC, key
      LIMIT {limit:UInt8}`,
    params: { id: ids[0] ?? '', end: `${ids[0] ?? ''}\u{10FFFF}`, ids, entity: key?.entity ?? '', limit },
    schema: FoundKey,
  });
}
