import type { IncomingMessage } from 'node:http';
import type { RejectReason, RequestOutcome, TimeWindow } from '../decode/request-context.ts';
import type { Signal } from '../decode/tables.ts';
import type { Log } from '../log.ts';
import type { Spool } from '../spool/spool.ts';
import { contentTypes, encodeStatus, encodeSuccess, encodingOf, rpcCode, type Encoding } from './answers.ts';
import type { ReceiveFigures } from './figures.ts';
import type { Intake } from './intake.ts';
import { readBody } from './read-body.ts';

export interface ExportLimits {
  readonly bodyBytesMax: number;
  readonly inFlightBytesMax: number;
  readonly ageMsMax: number;
  readonly aheadMsMax: number;
}

export interface ExportContext {
  readonly intake: Intake;
  readonly commit: { join(): Promise<boolean> };
  readonly spool: Spool;
  readonly figures: ReceiveFigures;
  readonly limits: ExportLimits;
  readonly now: () => number;
  readonly log: Log;
  readonly noteRejected: (signal: Signal, reason: RejectReason, items: number) => void;
}

/** An answer to an export, ready to be sent. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
  readonly retryAfterSeconds?: number;
  /** Set when the rest of the request is not wanted. */
  readonly closes?: true;
}

const reasonTexts: Record<RejectReason, string> = {
  too_old: 'older than this collector accepts',
  too_new: 'further in the future than this collector accepts: check the clock of the sender',
  bad_id: 'with a trace or span id of the wrong length or of zeros',
};

function failure(encoding: Encoding, status: number, code: number, message: string): Answer {
  return { status, contentType: contentTypes[encoding], body: encodeStatus(encoding, code, message) };
}

function busy(encoding: Encoding, message: string, retryAfterSeconds: number): Answer {
  return { ...failure(encoding, 503, rpcCode.unavailable, message), retryAfterSeconds };
}

/** Answers one POST of an export, cheapest checks first. The caller has checked the method and the token. */
export async function answerExport(
  context: ExportContext,
  request: IncomingMessage,
  signal: Signal,
): Promise<Answer> {
  const encoding = encodingOf(request.headers['content-type']);
  if (!encoding) {
    const message = 'Send Content-Type application/x-protobuf or application/json.';
    return { ...failure('json', 415, rpcCode.invalidArgument, message), closes: true };
  }
  const packing = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
  if (packing !== 'gzip' && packing !== 'identity' && packing !== 'none')
    return {
      ...failure(encoding, 415, rpcCode.invalidArgument, 'Send Content-Encoding gzip, or none.'),
      closes: true,
    };
  const { figures, limits, spool } = context;
  if (spool.bytes >= spool.limits.bytesTotalMax)
    return {
      ...busy(encoding, 'The spool is full because ClickHouse does not keep up or is away.', 10),
      closes: true,
    };
  if (figures.inFlightBytes >= limits.inFlightBytesMax)
    return { ...busy(encoding, 'Too many requests are under way.', 1), closes: true };
  return withHeldBytes(context, request, signal, encoding, packing === 'gzip');
}

async function withHeldBytes(
  context: ExportContext,
  request: IncomingMessage,
  signal: Signal,
  encoding: Encoding,
  isGzip: boolean,
): Promise<Answer> {
  const { figures, limits } = context;
  let held = 0;
  const hold = (bytes: number): boolean => {
    held += bytes;
    figures.inFlightBytes += bytes;
    return figures.inFlightBytes <= limits.inFlightBytesMax + limits.bodyBytesMax;
  };
  try {
    const read = await readBody(request, isGzip, limits.bodyBytesMax, hold);
    if (read.ok) return await answerBody(context, read.body, signal, encoding);
    if (read.reason === 'too_large') {
      const message = `The body exceeds ${limits.bodyBytesMax} bytes after decompression: send smaller batches.`;
      return { ...failure(encoding, 413, rpcCode.resourceExhausted, message), closes: true };
    }
    if (read.reason === 'overloaded')
      return { ...busy(encoding, 'Too many requests are under way.', 1), closes: true };
    const message =
      read.reason === 'bad_gzip' ? 'The body is not valid gzip.' : 'The request ended too early.';
    return failure(encoding, 400, rpcCode.invalidArgument, message);
  } finally {
    figures.inFlightBytes -= held;
  }
}

async function answerBody(
  context: ExportContext,
  body: Buffer,
  signal: Signal,
  encoding: Encoding,
): Promise<Answer> {
  const ingestMs = context.now();
  const window: TimeWindow = {
    ingestMs,
    oldestNs: (ingestMs - context.limits.ageMsMax) * 1e6,
    newestNs: (ingestMs + context.limits.aheadMsMax) * 1e6,
  };
  const decoded = context.intake.decode(signal, encoding, body, window);
  if (!decoded.ok) {
    if (decoded.code === 'too_large')
      return failure(encoding, 413, rpcCode.resourceExhausted, decoded.message);
    return failure(encoding, 400, rpcCode.invalidArgument, decoded.message);
  }
  const { outcome } = decoded;
  if (outcome.received > 0 && !(await context.commit.join()))
    return busy(encoding, 'The spool could not be written.', 5);
  return success(context, outcome, signal, encoding);
}

function success(
  context: ExportContext,
  outcome: RequestOutcome,
  signal: Signal,
  encoding: Encoding,
): Answer {
  const sentences: string[] = [];
  for (const [reason, items] of outcome.rejected) {
    context.figures.countRejected(signal, reason, items);
    context.noteRejected(signal, reason, items);
    sentences.push(`${items} ${reasonTexts[reason]}`);
  }
  const rejected = outcome.received - outcome.accepted;
  const body = encodeSuccess(encoding, signal, rejected, `Refused: ${sentences.join('; ')}.`);
  return { status: 200, contentType: contentTypes[encoding], body };
}
