import { query, type ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { parseBusinessKey } from '@plumbline/model/telemetry/business-key.ts';
import { z } from 'zod';

const FoundKey = z.object({ key: z.string(), lastAt: z.string(), exact: z.number() });
export type FoundKey = z.output<typeof FoundKey>;

/** Keys whose id is, or begins with, what was typed; `entity:id` asks for that entity alone. Exact ones come first. */
export function findKeys(clickHouse: ClickHouse, text: string, limit: number): Promise<FoundKey[]> {
  const key = parseBusinessKey(text);
  const id = (key?.id ?? text).toLowerCase();
  return query(clickHouse, {
    name: 'search.keys',
    sql: `
      SELECT Key AS key, max(LastSeen) AS lastAt, toUInt8(any(Id) = {id:String}) AS exact
      FROM key_search
      WHERE Id >= {id:String} AND Id < {end:String} AND ({entity:String} = '' OR startsWith(Key, concat({entity:String}, ':')))
      GROUP BY Key
      ORDER BY exact DESC, lastAt DESC, key
      LIMIT {limit:UInt8}`,
    params: { id, end: `${id}\u{10FFFF}`, entity: key?.entity ?? '', limit },
    schema: FoundKey,
  });
}
