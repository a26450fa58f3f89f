import type { Catalog } from '@plumbline/model/catalog/schema.ts';
import { query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { decodeHeaders } from './headers.ts';
import { rulesOf } from './letter.ts';
import { secretsOf } from './quotes.ts';

/** Bodies lie in memory together while they are searched. */
const readMax = 20;

const PayloadRow = z.object({ id: z.string(), body: z.instanceof(Buffer), headers: z.instanceof(Buffer) });

/** What of letters of a flow is hidden, by id: for what telemetry says of them, which comes without the message. */
export async function readSecrets(
  on: Executor,
  catalog: Catalog,
  flowName: string,
  ids: readonly string[],
): Promise<Map<string, readonly string[]>> {
  const rules = rulesOf(
    catalog,
    catalog.flows.find(({ name }) => name === flowName),
  );
  const secrets = new Map<string, readonly string[]>();
  for (let from = 0; from < ids.length; from += readMax) {
    const rows = await query(on, {
      name: 'dead_letters.secrets',
      sql: `SELECT dead_letter_id AS id, body, headers FROM dead_letter_payloads WHERE dead_letter_id = ANY ($1::uuid[]) LIMIT ${readMax}`,
      params: [ids.slice(from, from + readMax)],
      schema: PayloadRow,
    });
    for (const { id, body, headers } of rows)
      secrets.set(id, secretsOf({ body, headers: decodeHeaders(headers) }, rules));
  }
  return secrets;
}
