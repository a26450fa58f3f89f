import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Transform } from 'node:stream';
import { constants, createBrotliCompress, createDeflate, createGzip, createZstdCompress } from 'node:zlib';
import { renderError, statusOf, type EngineError } from './engine-error.ts';
import { traitsOf } from './formats.ts';

/** What every answer carries in its headers, as a ClickHouse server sends them. */
export type Identity = { queryId: string; serverName: string; version: string; exceptionTag: string };

/** `writtenRows` is left out when counting them would cost more than a glance. */
export type Summary = {
  readRows: number;
  readBytes: number;
  writtenRows?: number;
  resultBytes?: number;
  elapsedNs: number;
};

const coders: Record<'gzip' | 'deflate' | 'br' | 'zstd', () => Transform> = {
  gzip: () => createGzip({ level: constants.Z_BEST_SPEED }),
  deflate: () => createDeflate({ level: constants.Z_BEST_SPEED }),
  br: () => createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 3 } }),
  zstd: () => createZstdCompress(),
};

const acceptedCoding = (request: IncomingMessage): keyof typeof coders | undefined => {
  const accepted = String(request.headers['accept-encoding'] ?? '').toLowerCase();
  return (['zstd', 'br', 'gzip', 'deflate'] as const).find((coding) =>
    new RegExp(`\\b${coding}\\b(?!;q=0(\\.0*)?(,|$))`).test(accepted),
  );
};

const summaryHeader = (summary: Summary): string =>
  JSON.stringify({
    read_rows: String(summary.readRows),
    read_bytes: String(summary.readBytes),
    ...(summary.writtenRows === undefined ? {} : { written_rows: String(summary.writtenRows) }),
    total_rows_to_read: '0',
    result_rows: String(summary.writtenRows ?? summary.readRows),
    result_bytes: String(summary.resultBytes ?? 0),
    elapsed_ns: String(Math.round(summary.elapsedNs)),
  });

const commonHeaders = (response: ServerResponse, identity: Identity): void => {
  response.setHeader('X-ClickHouse-Server-Display-Name', identity.serverName);
  response.setHeader('X-ClickHouse-Query-Id', identity.queryId);
  response.setHeader('X-ClickHouse-Timezone', 'UTC');
  response.setHeader('X-ClickHouse-Exception-Tag', identity.exceptionTag);
};

export type Reply = {
  /** Sends the status and headers; `coded` says whether the client asked for compression. */
  begin: (format: string, summary: Summary, isCompressed: boolean) => void;
  write: (part: Uint8Array) => Promise<void>;
  end: () => Promise<void>;
  /** An exception: a status and text before the body has begun, the tagged block of a server inside it. */
  fail: (error: EngineError) => Promise<void>;
};

const exceptionBlock = (error: EngineError, identity: Identity): string => {
  const message = renderError(error, identity.version);
  const length = Buffer.byteLength(message);
  return `\r\n__exception__\r\n${identity.exceptionTag}\r\n${message}${length} ${identity.exceptionTag}\r\n__exception__\r\n`;
};

const breakDelayMs = 100;

/** A slow reader slows the engine down; a reader that stands still this long is given up. */
const stallMsMax = 120_000;

const waitForDrain = async (target: Transform | ServerResponse, response: ServerResponse): Promise<void> => {
  const stop = new AbortController();
  const timer = setTimeout(
    () => response.destroy(new Error('The client reads nothing any more.')),
    stallMsMax,
  );
  try {
    await Promise.race([
      once(target, 'drain', { signal: stop.signal }),
      once(response, 'close', { signal: stop.signal }),
    ]);
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
  if (response.destroyed) throw new Error('The client closed the connection.');
};

export const createReply = (
  request: IncomingMessage,
  response: ServerResponse,
  identity: Identity,
): Reply => {
  let coder: Transform | undefined;
  let hasBegun = false;
  const target = (): Transform | ServerResponse => coder ?? response;

  const begin: Reply['begin'] = (format, summary, isCompressed) => {
    hasBegun = true;
    commonHeaders(response, identity);
    response.setHeader('Content-Type', traitsOf(format).contentType);
    response.setHeader('X-ClickHouse-Format', format);
    response.setHeader('X-ClickHouse-Summary', summaryHeader(summary));
    const coding = isCompressed ? acceptedCoding(request) : undefined;
    if (coding === undefined) return;
    response.setHeader('Content-Encoding', coding);
    coder = coders[coding]();
    coder.pipe(response, { end: false });
  };

  /** Completes the compressed stream, without completing the response. */
  const closeCoder = async (): Promise<void> => {
    if (!coder) return;
    coder.end();
    await Promise.race([once(coder, 'end'), once(response, 'close')]);
  };

  const failInside = async (error: EngineError): Promise<void> => {
    target().write(exceptionBlock(error, identity));
    await closeCoder();
    // The closing chunk is withheld on purpose: every HTTP client then knows that the result is not whole.
    // A moment before that, the reader may take in the message: some give up what they hold when a connection breaks.
    setTimeout(() => response.socket?.end(), breakDelayMs);
  };

  return {
    begin,
    write: async (part) => {
      if (response.destroyed) throw new Error('The client closed the connection.');
      if (!target().write(part)) await waitForDrain(target(), response);
    },
    end: async () => {
      await closeCoder();
      response.end();
      if (!response.writableFinished && !response.destroyed) {
        await Promise.race([once(response, 'finish'), once(response, 'close')]);
      }
    },
    fail: async (error) => {
      if (response.destroyed) return;
      if (hasBegun && response.headersSent) return failInside(error);
      response.removeHeader('Content-Encoding');
      commonHeaders(response, identity);
      response.statusCode = statusOf(error);
      response.setHeader('X-ClickHouse-Exception-Code', String(error.code));
      response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
      if (error.code === 516 || error.code === 194)
        response.setHeader('WWW-Authenticate', 'Basic realm="ClickHouse"');
      response.end(renderError(error, identity.version));
    },
  };
};
