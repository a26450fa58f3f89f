import { randomBytes, randomUUID, timingSafeEqual, createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import path from 'node:path';
import type { ClickHouseConfig } from './config.ts';
import type { Context, Engine, Lease } from './engine.ts';
import { EngineFailure, failure, toEngineError } from './engine-error.ts';
import type { EngineFiles } from './engine-files.ts';
import { defaultFormat } from './formats.ts';
import { forbidFileAccess, forbidFileSettings } from './guard.ts';
import { forbidFilesInValues } from './guard-values.ts';
import { readStatement, type Incoming } from './incoming.ts';
import { inputFromFile, insertFromFile, readsInput } from './insert.ts';
import { readAll, spoolToFile } from './body.ts';
import { keywordOf, significant, tokenize } from './lexer.ts';
import { createReply, type Identity, type Reply } from './reply.ts';
import { parseRequest, type FaceRequest } from './request.ts';
import { sendResult } from './select.ts';

export type Face = { engine: Engine; files: EngineFiles; config: ClickHouseConfig; serverName: string };

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const same = (left: string, right: string): boolean => timingSafeEqual(digest(left), digest(right));

const authenticate = (request: FaceRequest, config: ClickHouseConfig): void => {
  if (config.password === '') return;
  const user = request.user ?? 'default';
  if (same(user, config.user) && same(request.password ?? '', config.password)) return;
  throw failure(
    516,
    'AUTHENTICATION_FAILED',
    `${user}: Authentication failed: password is incorrect, or there is no user with such name.`,
  );
};

/** A web page must not talk to the engine through the browser of someone at this machine. */
const forbidBrowsers = (message: IncomingMessage): void => {
  if (message.headers.origin === undefined) return;
  throw failure(516, 'AUTHENTICATION_FAILED', 'Requests from web pages (with an Origin header) are refused.');
};

let serial = 0;

/** The comment in front of each statement by which KILL QUERY finds it: the engine gives query ids of its own. */
const tagFor = (queryId: string): string =>
  `/* plumbline:${++serial}:${Buffer.from(queryId).toString('hex')} */ `;

const killByTag = (tag: string): string => `KILL QUERY WHERE startsWith(query, '${tag.trim()}') ASYNC`;

/** KILL QUERY WHERE query_id = … must find the ids that clients chose, which stand in the tags. */
const withClientQueryIds = (sql: string): string => {
  let rewritten = sql;
  for (const one of significant(tokenize(sql)).toReversed()) {
    if (keywordOf(sql, one) !== 'QUERY_ID') continue;
    rewritten = `${rewritten.slice(0, one.start)}unhex(extract(query, '^/[*] plumbline:[0-9]+:([0-9a-f]*)'))${rewritten.slice(one.end)}`;
  }
  return rewritten;
};

/** Asks the engine again and again to stop a statement whose client is gone, until it has stopped. */
const killWhileRunning = (engine: Engine, tag: string, signal: AbortSignal): (() => void) => {
  let timer: NodeJS.Timeout | undefined;
  const kill = (): void => {
    void engine.control(killByTag(tag), 'TSV').catch(() => undefined);
  };
  const onAbort = (): void => {
    kill();
    timer = setInterval(kill, 250);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  return () => {
    signal.removeEventListener('abort', onAbort);
    clearInterval(timer);
  };
};

const isTemporary = (sql: string): boolean =>
  significant(tokenize(sql)).some((one) => keywordOf(sql, one) === 'TEMPORARY');

/** `readonly=2` is kept on its connection, which lets every other setting be changed; other values do not. */
const changesConnection = (incoming: Incoming, request: FaceRequest): boolean => {
  const { statement } = incoming;
  if (statement.kind === 'session' || (request.settings.get('readonly') ?? '2') !== '2') return true;
  return statement.kind === 'other' && isTemporary(statement.sql);
};

const checkReadonly = (incoming: Incoming, request: FaceRequest): void => {
  const { statement } = incoming;
  if (
    request.method === 'POST' ||
    statement.kind === 'select' ||
    (statement.kind === 'other' && statement.isRead)
  )
    return;
  throw failure(
    164,
    'READONLY',
    'Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly. You should use method POST for modifying queries.',
  );
};

type Call = {
  face: Face;
  request: FaceRequest;
  incoming: Incoming;
  reply: Reply;
  tag: string;
  /** Whether its body holds rows, which are spooled to a file first. */
  takesData: boolean;
  spool: string;
  spooledBytes: number;
};

/** Counting a spooled body reads it once more: worth it for the small bodies whose clients look at the number. */
const countedBytesMax = 1024 * 1024;

const countRows = async (
  call: Call,
  lease: Lease,
  count: string | undefined,
): Promise<number | undefined> => {
  if (count === undefined || call.spooledBytes > countedBytesMax) return undefined;
  const result = await lease.query(call.tag + count, 'TSV').catch(() => undefined);
  return result && Number(Buffer.from(result.bytes).toString('utf8'));
};

const runInsert = async (call: Call, lease: Lease, insert: string, count?: string): Promise<void> => {
  const startedNs = process.hrtime.bigint();
  await lease.query(call.tag + insert, 'Null');
  const elapsedNs = Number(process.hrtime.bigint() - startedNs);
  const writtenRows = await countRows(call, lease, count);
  const summary = { readRows: writtenRows ?? 0, readBytes: call.spooledBytes, elapsedNs };
  call.reply.begin(defaultFormat, writtenRows === undefined ? summary : { ...summary, writtenRows }, false);
  await call.reply.end();
};

const execute = async (call: Call, lease: Lease): Promise<void> => {
  const { face, request, incoming, reply } = call;
  const { statement } = incoming;
  if (changesConnection(incoming, request)) lease.discard();
  if (statement.kind === 'insert-data') {
    const load = await insertFromFile(lease, statement.target, statement.format, call.spool);
    return runInsert(call, lease, load.insert, load.count);
  }
  if (call.spooledBytes > 0) {
    const rewritten = inputFromFile(
      statement.sql,
      ('format' in statement && statement.format) || defaultFormat,
      call.spool,
    );
    if (rewritten !== undefined) return runInsert(call, lease, rewritten);
  }
  const ownFormat = 'format' in statement ? statement.format : undefined;
  const options = {
    format: ownFormat ?? request.defaultFormat ?? defaultFormat,
    isCompressed: request.settings.get('enable_http_compression') === '1',
    maySplit: statement.kind === 'select' && !statement.hasTotals && !request.waitEndOfQuery,
    nowNs: () => process.hrtime.bigint(),
  };
  const sql = statement.kind === 'kill' ? withClientQueryIds(statement.sql) : statement.sql;
  await sendResult(lease, call.tag + sql, options, reply, face.config);
};

const spoolData = async (call: Call): Promise<void> => {
  const { dataHead, body } = call.incoming;
  if (call.takesData)
    call.spooledBytes = await spoolToFile(call.spool, dataHead, body, call.face.config.insertBytesMax);
};

/** Rows of VALUES are SQL: their expressions are held to the same rules, so they are read whole before they are spooled. */
const checkValues = async (incoming: Incoming, config: ClickHouseConfig): Promise<void> => {
  incoming.dataHead = await readAll(incoming.dataHead, incoming.body, config.statementBytesMax);
  await forbidFilesInValues(incoming.dataHead.toString('utf8'));
};

const checkFiles = async (incoming: Incoming, config: ClickHouseConfig): Promise<void> => {
  const { statement } = incoming;
  forbidFileAccess(statement.kind === 'insert-data' ? statement.head : statement.sql);
  const format = 'format' in statement ? statement.format?.toLowerCase() : undefined;
  if (format === 'values' && takesData(incoming)) await checkValues(incoming, config);
};

const takesData = ({ statement }: Incoming): boolean =>
  statement.kind === 'insert-data' || (statement.kind === 'other' && readsInput(statement.sql));

const contextOf = (request: FaceRequest): Context => ({
  database: request.database || 'default',
  settings: request.settings,
});

const isRead = ({ statement }: Incoming): boolean =>
  statement.kind === 'select' || (statement.kind === 'other' && statement.isRead);

const serve = async (
  face: Face,
  message: IncomingMessage,
  response: ServerResponse,
  request: FaceRequest,
  reply: Reply,
): Promise<void> => {
  const gone = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  const incoming = await readStatement(message, request, face.config);
  checkReadonly(incoming, request);
  forbidFileSettings(request.settings.keys());
  await checkFiles(incoming, face.config);
  const call: Call = {
    face,
    request,
    incoming,
    reply,
    tag: tagFor(request.queryId ?? ''),
    takesData: takesData(incoming),
    spool: path.join(face.files.spool, randomUUID()),
    spooledBytes: 0,
  };
  const stopKilling = isRead(incoming)
    ? killWhileRunning(face.engine, call.tag, gone.signal)
    : () => undefined;
  try {
    await spoolData(call);
    await face.engine.withConnection(contextOf(request), gone.signal, (lease) => execute(call, lease));
  } catch (thrown) {
    throw withoutTag(thrown, call.tag);
  } finally {
    stopKilling();
    if (call.takesData) await rm(call.spool, { force: true });
  }
};

/** Positions in a syntax error count from the client's own text, not from our tag. */
const withoutTag = (thrown: unknown, tag: string): Error => {
  const error = toEngineError(thrown);
  const text = error.text
    .replace(
      /failed at position (\d+)/,
      (_whole, position: string) => `failed at position ${Math.max(1, Number(position) - tag.length)}`,
    )
    .replaceAll(tag.trim(), '');
  return new EngineFailure({ ...error, text }, { cause: thrown });
};

const plainAnswers: Record<string, string> = {
  '/ping': 'Ok.\n',
  '/replicas_status': 'Ok.\n',
  '/healthz': 'ok\n',
  '/readyz': 'ok\n',
};

const answerPlain = (response: ServerResponse, status: number, text: string): void => {
  response.writeHead(status, { 'Content-Type': 'text/html; charset=UTF-8' });
  response.end(text);
};

const handle = async (face: Face, message: IncomingMessage, response: ServerResponse): Promise<void> => {
  const identity: Identity = {
    queryId: randomUUID(),
    serverName: face.serverName,
    version: face.engine.version,
    exceptionTag: randomBytes(8).toString('hex'),
  };
  const reply = createReply(message, response, identity);
  try {
    const { pathname } = new URL(message.url ?? '/', 'http://localhost');
    const plain = plainAnswers[pathname];
    if (plain !== undefined) return answerPlain(response, 200, plain);
    if (pathname !== '/' && pathname !== '/query')
      return answerPlain(
        response,
        404,
        `There is no handle ${pathname}\n\nUse / or /ping for health checks.\n`,
      );
    forbidBrowsers(message);
    const request = parseRequest(message);
    request.queryId ||= identity.queryId;
    if (!/^[\x20-\x7e]{1,1000}$/.test(request.queryId))
      throw failure(36, 'BAD_ARGUMENTS', 'A query_id is of printable ASCII characters, 1000 at most.');
    identity.queryId = request.queryId;
    if (message.method !== 'POST' && request.query === undefined) return answerPlain(response, 200, 'Ok.\n');
    authenticate(request, face.config);
    await serve(face, message, response, request, reply);
  } catch (thrown) {
    await reply.fail(toEngineError(thrown)).catch(() => response.destroy());
  }
};

/** Answers HTTP as a ClickHouse server does. */
export const createFace =
  (face: Face): RequestListener =>
  (message, response) => {
    message.on('error', () => undefined);
    response.on('error', () => undefined);
    void handle(face, message, response);
  };
