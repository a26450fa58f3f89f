import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { failure } from './engine-error.ts';

/** What a client asks for, wherever it said so: URL, headers or form. */
export type FaceRequest = {
  pathname: string;
  method: string;
  query: string | undefined;
  database: string | undefined;
  queryId: string | undefined;
  defaultFormat: string | undefined;
  user: string | undefined;
  password: string | undefined;
  parameters: Map<string, string>;
  settings: Map<string, string>;
  waitEndOfQuery: boolean;
};

// Names of the HTTP interface that are not settings of the engine.
const reserved = new Set([
  'query',
  'database',
  'default_format',
  'query_id',
  'user',
  'password',
  'compress',
  'decompress',
  'session_id',
  'session_timeout',
  'session_check',
  'close_session',
  'quota_key',
  'role',
  'wait_end_of_query',
  'buffer_size',
  'client_protocol_version',
  'stacktrace',
  'framing',
  'log_session_id',
  // The engine keeps no query log for it to stand in; as a setting it would make each named query change its connection.
  'log_comment',
]);

const headerOf = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

const basicCredentials = (header: string | undefined): { user: string; password: string } | undefined => {
  const encoded = /^Basic\s+(.+)$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const decoded = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return colon === -1
    ? { user: decoded, password: '' }
    : { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
};

/** Moves one name and value to where they belong: a `param_*`, or a setting unless the face reads it itself. */
export const takeField = (request: FaceRequest, name: string, value: string): void => {
  if (name === 'query') request.query = request.query === undefined ? value : `${request.query}\n${value}`;
  else if (name.startsWith('param_')) request.parameters.set(name.slice('param_'.length), value);
  else if (!reserved.has(name)) request.settings.set(name, value);
};

const isOn = (value: string | null): boolean =>
  value !== null && value !== '' && value !== '0' && value !== 'false';

const refuseUnsupported = (search: URLSearchParams): void => {
  if (isOn(search.get('compress')) || isOn(search.get('decompress'))) {
    throw failure(
      48,
      'NOT_IMPLEMENTED',
      'compress=1 and decompress=1 (ClickHouse block compression) are not offered here: use Accept-Encoding or Content-Encoding with gzip or zstd.',
    );
  }
  if (search.get('session_id')) {
    throw failure(
      48,
      'NOT_IMPLEMENTED',
      'HTTP sessions are not offered here: send settings with each query instead of session_id.',
    );
  }
};

/** Reads URL and headers; the body is not touched. */
export const parseRequest = (request: IncomingMessage): FaceRequest => {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const search = url.searchParams;
  const basic = basicCredentials(headerOf(request, 'authorization'));
  const parsed: FaceRequest = {
    pathname: url.pathname,
    method: request.method ?? 'GET',
    query: undefined,
    database: search.get('database') ?? headerOf(request, 'x-clickhouse-database'),
    queryId: search.get('query_id') ?? headerOf(request, 'x-clickhouse-query-id'),
    defaultFormat: search.get('default_format') ?? headerOf(request, 'x-clickhouse-format'),
    user: basic?.user ?? headerOf(request, 'x-clickhouse-user') ?? search.get('user') ?? undefined,
    password: basic?.password ?? headerOf(request, 'x-clickhouse-key') ?? search.get('password') ?? undefined,
    parameters: new Map(),
    settings: new Map(),
    waitEndOfQuery: isOn(search.get('wait_end_of_query')),
  };
  refuseUnsupported(search);
  for (const [name, value] of search) takeField(parsed, name, value);
  return parsed;
};

/** The body with its Content-Encoding undone. */
export const decodedBody = (request: IncomingMessage): Readable => {
  const encoding = headerOf(request, 'content-encoding')?.toLowerCase() ?? 'identity';
  const decoders = {
    gzip: createGunzip,
    'x-gzip': createGunzip,
    deflate: createInflate,
    br: createBrotliDecompress,
    zstd: createZstdDecompress,
  };
  if (encoding === 'identity' || encoding === '') return request;
  const create = decoders[encoding as keyof typeof decoders];
  if (create === undefined)
    throw failure(
      48,
      'NOT_IMPLEMENTED',
      `Content-Encoding ${encoding} is not offered here: use gzip, deflate, br or zstd.`,
    );
  const decoder = create();
  request.on('error', (reason) => decoder.destroy(reason));
  request.on('aborted', () =>
    decoder.destroy(new Error('The client closed the connection before the body was complete.')),
  );
  return request.pipe(decoder);
};

/** Reads the fields of a multipart form, as clients send long parameters. */
export const takeForm = async (target: FaceRequest, contentType: string, body: Buffer): Promise<void> => {
  const form = await new Response(new Uint8Array(body), {
    headers: { 'content-type': contentType },
  }).formData();
  for (const [name, value] of form) {
    if (typeof value !== 'string') {
      throw failure(
        48,
        'NOT_IMPLEMENTED',
        `External tables in a form (${name}) are not offered here: insert into a table and join it.`,
      );
    }
    takeField(target, name, value);
  }
};
