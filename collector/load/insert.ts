import { Agent, request } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { classifyFailure, type InsertFailure } from './failures.ts';

/** Where ClickHouse is, taken apart from CLICKHOUSE_URL. */
export interface ClickHouseTarget {
  readonly origin: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export type InsertResult = { readonly ok: true } | ({ readonly ok: false } & InsertFailure);

/** One insert never has more rows than this, so a block of this size keeps every insert in one piece. */
const oneBlockRows = 1_000_000;
const timeoutMsMax = 120_000;
const messageCharsMax = 2000;

const insertSettings = {
  insert_deduplicate: '1',
  deduplicate_blocks_in_dependent_materialized_views: '1',
  async_insert: '0',
  max_insert_threads: '1',
  max_insert_block_size: String(oneBlockRows),
  min_insert_block_size_rows: String(oneBlockRows),
  min_insert_block_size_bytes: '0',
  wait_end_of_query: '1',
};

export function parseTarget(url: string): ClickHouseTarget {
  const parsed = new URL(url);
  return {
    origin: parsed.origin,
    user: decodeURIComponent(parsed.username) || 'default',
    password: decodeURIComponent(parsed.password),
    database: decodeURIComponent(parsed.pathname.slice(1)) || 'default',
  };
}

function quoted(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}

export interface ClickHouseInserts {
  /** With `willing`, a view that fails on these rows is left out, and the others and the base table are not. */
  insert(
    table: string,
    columns: readonly string[],
    blocks: readonly Buffer[],
    token: string,
    views: 'all' | 'willing',
  ): Promise<InsertResult>;
  /** Tells whether rows that arrive now would also reach the derived tables. */
  isReady(): Promise<boolean>;
  close(): void;
}

/** Sends Native blocks to ClickHouse over HTTP. One insert at a time per table; failures are values. */
export function createInserts(target: ClickHouseTarget): ClickHouseInserts {
  const isTls = target.origin.startsWith('https:');
  const agent = isTls ? new TlsAgent({ keepAlive: true }) : new Agent({ keepAlive: true });

  const post = (
    parameters: Record<string, string>,
    body: readonly Buffer[],
  ): Promise<InsertResult & { text?: string }> =>
    new Promise((resolve) => {
      const query = new URLSearchParams({ database: target.database, ...parameters });
      const bytes = body.reduce((sum, part) => sum + part.length, 0);
      const headers = {
        'x-clickhouse-user': target.user,
        'x-clickhouse-key': target.password,
        'content-length': String(bytes),
        'content-type': 'application/octet-stream',
      };
      const send = isTls ? tlsRequest : request;
      const outgoing = send(`${target.origin}/?${query.toString()}`, {
        method: 'POST',
        agent,
        headers,
        timeout: timeoutMsMax,
      });
      outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${timeoutMsMax / 1000} s`)));
      outgoing.on('error', (error) => resolve({ ok: false, kind: 'away', code: 0, message: error.message }));
      outgoing.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text = text.length < messageCharsMax ? text + chunk : text));
        response.on('error', (error) =>
          resolve({ ok: false, kind: 'away', code: 0, message: error.message }),
        );
        response.on('end', () => {
          const header = response.headers['x-clickhouse-exception-code'];
          const message = text.slice(0, messageCharsMax).trim();
          if (response.statusCode === 200 && header === undefined) resolve({ ok: true, text });
          else resolve({ ok: false, ...classifyFailure(response.statusCode ?? 0, header, message) });
        });
      });
      for (const part of body) outgoing.write(part);
      outgoing.end();
    });

  return {
    insert(table, columns, blocks, token, views) {
      const query = `INSERT INTO ${quoted(table)} (${columns.map(quoted).join(', ')}) FORMAT Native`;
      const materialized_views_ignore_errors = views === 'willing' ? '1' : '0';
      const settings = { ...insertSettings, materialized_views_ignore_errors };
      return post({ query, insert_deduplication_token: token, ...settings }, blocks);
    },
    async isReady() {
      const result = await post({ default_format: 'TabSeparated' }, [
        Buffer.from('SELECT count() > 0 FROM derivation_applied'),
      ]);
      return result.ok && result.text?.trim() === '1';
    },
    close: () => agent.destroy(),
  };
}
