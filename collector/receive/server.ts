import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Signal } from '../decode/tables.ts';
import type { Loading } from '../load/start-loading.ts';
import { contentTypes, encodeStatus, encodingOf, rpcCode } from './answers.ts';
import { answerExport, type Answer, type ExportContext } from './export.ts';
import { metricsPage, statsPage } from './figures.ts';

export interface ReceiverContext extends ExportContext {
  readonly authorize: (header: string | undefined) => boolean;
  readonly loading: Loading;
  /** False while the process starts or stops. */
  readonly isAccepting: () => boolean;
}

const signalPaths = new Map<string, Signal>([
  ['/v1/traces', 'traces'],
  ['/v1/logs', 'logs'],
  ['/v1/metrics', 'metrics'],
]);

const requestTimeoutMs = 60_000;
const keepAliveTimeoutMs = 65_000;
const connectionsMax = 4096;

/** Creates the OTLP/HTTP server with its pages for health and figures. */
export function createReceiver(context: ReceiverContext): Server {
  const server = createServer(
    { requestTimeout: requestTimeoutMs, keepAliveTimeout: keepAliveTimeoutMs },
    (request, response) => {
      answer(context, request, response).catch((error: unknown) => {
        context.log.error('A request failed in a way that it should not', {
          path: request.url,
          error: String(error),
        });
        const encoding = encodingOf(request.headers['content-type']) ?? 'json';
        const body = encodeStatus(encoding, rpcCode.unavailable, 'The collector failed on this request.');
        if (!response.headersSent)
          send(request, response, {
            status: 503,
            contentType: contentTypes[encoding],
            body,
            retryAfterSeconds: 5,
          });
      });
    },
  );
  server.maxConnections = connectionsMax;
  return server;
}

async function answer(
  context: ReceiverContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '/').split('?', 1)[0] as string;
  const signal = signalPaths.get(path);
  if (!signal) return answerPage(context, path, request, response);
  const refusal = refuseEarly(context, request);
  const result = refusal ?? (await answerExport(context, request, signal));
  context.figures.countRequest(signal, result.status);
  send(request, response, result);
}

function refuseEarly(context: ReceiverContext, request: IncomingMessage): Answer | undefined {
  const encoding = encodingOf(request.headers['content-type']) ?? 'json';
  const refuse = (status: number, code: number, message: string): Answer => ({
    status,
    contentType: contentTypes[encoding],
    body: encodeStatus(encoding, code, message),
    closes: true,
  });
  if (request.method !== 'POST') return refuse(405, rpcCode.unimplemented, 'Telemetry is sent with POST.');
  if (!context.authorize(request.headers.authorization))
    return refuse(
      401,
      rpcCode.unauthenticated,
      'Send Authorization: Bearer with one of the tokens in PLUMBLINE_OTLP_TOKENS.',
    );
  if (!context.isAccepting())
    return { ...refuse(503, rpcCode.unavailable, 'The collector is stopping.'), retryAfterSeconds: 2 };
  return undefined;
}

function send(request: IncomingMessage, response: ServerResponse, result: Answer): void {
  response.statusCode = result.status;
  response.setHeader('content-type', result.contentType);
  response.setHeader('content-length', result.body.length);
  if (result.status === 405) response.setHeader('allow', 'POST');
  if (result.status === 401) response.setHeader('www-authenticate', 'Bearer');
  if (result.retryAfterSeconds !== undefined) response.setHeader('retry-after', result.retryAfterSeconds);
  if (result.closes) {
    response.setHeader('connection', 'close');
    // The rest of the body is read and dropped: cutting the connection would hide the answer from the sender.
    request.resume();
  }
  response.end(result.body);
}

function answerPage(
  context: ReceiverContext,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const reply = (status: number, contentType: string, body: string): void => {
    request.resume();
    response
      .writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) })
      .end(body);
  };
  const isKnown = path === '/healthz' || path === '/readyz' || path === '/metrics' || path === '/stats';
  if (!isKnown) return reply(404, 'text/plain', 'Send telemetry to /v1/traces, /v1/logs or /v1/metrics.\n');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return reply(405, 'text/plain', 'This page is read with GET.\n');
  }
  if (path === '/healthz') return reply(200, 'text/plain', 'ok\n');
  if (path === '/readyz') return replyReadiness(context, reply);
  if (!context.authorize(request.headers.authorization)) {
    response.setHeader('www-authenticate', 'Bearer');
    return reply(401, 'text/plain', 'Send Authorization: Bearer with a token.\n');
  }
  if (path === '/stats') return reply(200, 'application/json', statsPage(context.spool, context.loading));
  reply(200, 'text/plain; version=0.0.4', metricsPage(context.spool, context.loading, context.figures));
}

/** Ready means able to accept: ClickHouse may be away as long as the spool has room. */
function replyReadiness(
  context: ReceiverContext,
  reply: (status: number, type: string, body: string) => void,
): void {
  if (!context.isAccepting()) return reply(503, 'text/plain', 'stopping\n');
  if (context.spool.isBroken) return reply(503, 'text/plain', 'the spool cannot be written\n');
  if (context.spool.bytes >= context.spool.limits.bytesTotalMax)
    return reply(503, 'text/plain', 'the spool is full\n');
  reply(200, 'text/plain', 'ready\n');
}
