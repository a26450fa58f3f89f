import type { IncomingMessage } from 'node:http';
import type { ClickHouseConfig } from './config.ts';
import { failure } from './engine-error.ts';
import { readAll, readBody, type BodyReader } from './body.ts';
import { readsInput } from './insert.ts';
import { decodedBody, takeForm, type FaceRequest } from './request.ts';
import { parseStatement, type Statement } from './statement.ts';
import { substituteParameters } from './substitute.ts';

/** A statement with what is known of its data: the first bytes, and the body they come from. */
export type Incoming = { statement: Statement; dataHead: Buffer; body: BodyReader };

const headBytes = 64 * 1024;
const queryBytesMaxDefault = 262_144;

/** The engine would refuse a longer text as well, but only after this process has read every word of it. */
const checkLength = (text: string, request: FaceRequest): void => {
  const asked = Number(request.settings.get('max_query_size') ?? queryBytesMaxDefault);
  const max = asked > 0 ? asked : Infinity;
  // Of an INSERT the engine counts the head alone; the data behind it has a limit of its own.
  if (text.length <= max || isInsertWithData(text.slice(0, max))) return;
  throw failure(
    62,
    'SYNTAX_ERROR',
    `Syntax error: Max query size exceeded: ${text.length} characters are more than ${max} (can be increased with the \`max_query_size\` setting).`,
  );
};

const insertPattern = /^\s*(\/\*[\s\S]*?\*\/\s*)?insert\b/i;

const isInsertWithData = (start: string): boolean => {
  try {
    return insertPattern.test(start) && parseStatement(start).kind === 'insert-data';
  } catch {
    return false;
  }
};

/** What is behind the head of an INSERT in the query text is data too; a VALUES list may name parameters. */
const inlineData = (sql: string, statement: Statement): Buffer =>
  statement.kind === 'insert-data' ? Buffer.from(sql.slice(statement.dataStart)) : Buffer.alloc(0);

const statementInUrl = async (
  request: FaceRequest,
  query: string,
  body: BodyReader,
  config: ClickHouseConfig,
): Promise<Incoming> => {
  const sql = substituteParameters(query, request.parameters);
  const isInsert = insertPattern.test(sql);
  if (!isInsert) {
    const rest = await readAll(Buffer.alloc(0), body, config.statementBytesMax);
    if (rest.length === 0) return { statement: parseStatement(sql), dataHead: rest, body };
    const joined = `${query}\n${rest.toString('utf8')}`;
    checkLength(joined, request);
    const whole = substituteParameters(joined, request.parameters);
    return { statement: parseStatement(whole), dataHead: Buffer.alloc(0), body };
  }
  const statement = parseStatement(sql);
  const inline = inlineData(sql, statement);
  if (statement.kind !== 'insert-data' && !readsInput(sql)) {
    const rest = await readAll(Buffer.alloc(0), body, config.statementBytesMax);
    const whole =
      rest.length === 0
        ? sql
        : substituteParameters(`${query}\n${rest.toString('utf8')}`, request.parameters);
    const complete = parseStatement(whole);
    return { statement: complete, dataHead: inlineData(whole, complete), body };
  }
  const separator =
    inline.toString('utf8').trim() === '' ? Buffer.alloc(0) : Buffer.concat([inline, Buffer.from('\n')]);
  return { statement, dataHead: separator, body };
};

/** The INSERT head in the first bytes of a body; undefined when the whole body must be read to know. */
const insertInHead = (head: Buffer): { statement: Statement; dataHead: Buffer } | undefined => {
  const text = head.toString('utf8');
  try {
    const statement = parseStatement(text);
    if (statement.kind !== 'insert-data') return undefined;
    return { statement, dataHead: head.subarray(Buffer.byteLength(text.slice(0, statement.dataStart))) };
  } catch {
    // A head that is cut in the middle may not parse; the whole text decides.
    return undefined;
  }
};

const statementInBody = async (
  request: FaceRequest,
  body: BodyReader,
  config: ClickHouseConfig,
): Promise<Incoming> => {
  const head = await body.head(headBytes);
  if (request.parameters.size === 0) {
    const insert = insertInHead(head);
    if (insert) return { ...insert, body };
  }
  const text = (await readAll(head, body, config.statementBytesMax)).toString('utf8');
  checkLength(text, request);
  const sql = substituteParameters(text, request.parameters);
  const statement = parseStatement(sql);
  return { statement, dataHead: inlineData(sql, statement), body };
};

/** Finds the statement of a request, in its URL, its body or its form, with parameters put in. */
export const readStatement = async (
  message: IncomingMessage,
  request: FaceRequest,
  config: ClickHouseConfig,
): Promise<Incoming> => {
  const body = readBody(decodedBody(message));
  const contentType = message.headers['content-type'] ?? '';
  if (contentType.startsWith('multipart/form-data')) {
    await takeForm(request, contentType, await readAll(Buffer.alloc(0), body, config.statementBytesMax));
    checkLength(request.query ?? '', request);
    const sql = substituteParameters(request.query ?? '', request.parameters);
    const statement = parseStatement(sql);
    return { statement, dataHead: inlineData(sql, statement), body };
  }
  if (request.query !== undefined) return statementInUrl(request, request.query, body, config);
  return statementInBody(request, body, config);
};
