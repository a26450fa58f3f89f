import pg from 'pg';
import { type Look, onAbort } from '../look.ts';

/** How long ago a table was last written, by its newest time, on the clock of its server. An empty table has no age. */
export const lookPostgres: Look<'postgres'> = async (check, context) => {
  const url = context.secrets.get(check.secret);
  context.secrets.register(passwordOf(url));
  const table = check.table
    .split('.')
    .map((part) => pg.escapeIdentifier(part))
    .join('.');
  const column = pg.escapeIdentifier(check.column);
  const client = new pg.Client({
    connectionString: url,
    application_name: 'plumbline-probe',
    connectionTimeoutMillis: context.timeoutMs,
    statement_timeout: context.timeoutMs,
    // It looks and changes nothing, whatever its role may do.
    options: '-c default_transaction_read_only=on',
  });
  client.on('error', () => undefined);
  const forget = onAbort(context.signal, () => void client.end().catch(() => undefined));
  try {
    await client.connect();
    const statement = `SELECT extract(epoch FROM now() - max(${column}))::float8 AS age FROM ${table}`;
    context.note(statement);
    const { rows } = await client.query<{ age: number | null }>(statement);
    const age = rows[0]?.age ?? undefined;
    context.note('read', { age });
    return { values: age === undefined ? {} : { age } };
  } finally {
    forget();
    await client.end().catch(() => undefined);
  }
};

function passwordOf(url: string): string {
  return URL.canParse(url) ? decodeURIComponent(new URL(url).password) : '';
}
