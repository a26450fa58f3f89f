import type { ClickHouseConfig } from './config.ts';
import type { Lease } from './engine.ts';
import { failure } from './engine-error.ts';
import { traitsOf, withoutLines } from './formats.ts';
import type { Reply } from './reply.ts';

export type ResultOptions = { format: string; isCompressed: boolean; maySplit: boolean; nowNs: () => bigint };

const sendWhole = async (
  lease: Lease,
  sql: string,
  options: ResultOptions,
  reply: Reply,
  config: ClickHouseConfig,
): Promise<void> => {
  const startedNs = options.nowNs();
  const result = await lease.query(sql, options.format);
  if (result.bytes.length > config.bufferedResultBytesMax) {
    throw failure(
      396,
      'TOO_MANY_ROWS_OR_BYTES',
      `Limit for result exceeded, max bytes: ${config.bufferedResultBytesMax}: ask for a format that streams, such as JSONEachRow, or for fewer rows.`,
    );
  }
  const summary = {
    readRows: result.rowsRead,
    readBytes: result.bytesRead,
    resultBytes: result.bytes.length,
    elapsedNs: Number(options.nowNs() - startedNs),
  };
  reply.begin(options.format, summary, options.isCompressed);
  if (result.bytes.length > 0) await reply.write(result.bytes);
  await reply.end();
};

/**
 * Sends rows as the engine finds them, at the pace of the client. Exceptions before the first rows still become an
 * HTTP status, because the headers wait for the first chunk.
 */
const sendStream = async (
  lease: Lease,
  sql: string,
  options: ResultOptions,
  headerLines: number,
  reply: Reply,
): Promise<boolean> => {
  const startedNs = options.nowNs();
  let chunks = 0;
  for await (const chunk of lease.stream(sql, options.format)) {
    if (chunks === 0) {
      const summary = { readRows: 0, readBytes: 0, elapsedNs: Number(options.nowNs() - startedNs) };
      reply.begin(options.format, summary, options.isCompressed);
    }
    const bytes = chunk.raw();
    await reply.write(chunks === 0 ? bytes : withoutLines(bytes, headerLines));
    chunks++;
  }
  if (chunks > 0) await reply.end();
  return chunks > 0;
};

/** Runs one statement and sends its result, in chunks where statement and format allow it. */
export const sendResult = async (
  lease: Lease,
  sql: string,
  options: ResultOptions,
  reply: Reply,
  config: ClickHouseConfig,
): Promise<void> => {
  const stream = options.maySplit ? traitsOf(options.format).stream : undefined;
  if (stream === undefined) return sendWhole(lease, sql, options, reply, config);
  if (await sendStream(lease, sql, options, stream.headerLines, reply)) return;
  // No row at all: a format with header lines still owes them, and only a whole result writes them.
  if (stream.headerLines > 0) return sendWhole(lease, sql, options, reply, config);
  reply.begin(options.format, { readRows: 0, readBytes: 0, elapsedNs: 0 }, options.isCompressed);
  await reply.end();
};
