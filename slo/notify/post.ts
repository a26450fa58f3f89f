import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Delivery, Exchange } from './notification.ts';
import type { Reach } from './reach.ts';

/** One JSON document on its way to a provider. */
export interface Posting {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What no person may read in the record of the exchange. */
  readonly secrets: readonly string[];
}

export interface PostContext {
  readonly reach: Reach;
  readonly now: () => Date;
  readonly limitMs: number;
}

const answerBytesMax = 4000;
/** A provider that asks for more is asked again all the same: what is told late is told in vain. */
const waitMsMax = 5 * 60_000;
const busy = new Set([408, 425, 429]);

/** Posts once. Never rejects; redirects are not followed. */
export async function post(posting: Posting, context: PostContext, signal: AbortSignal): Promise<Delivery> {
  const refusal = refusalOf(posting.url, context.reach);
  if (refusal) return { kind: 'refused', reason: refusal, exchange: exchangeOf(posting, '') };
  const limit = AbortSignal.any([signal, AbortSignal.timeout(context.limitMs)]);
  const sent = { isOut: false };
  try {
    const { status, headers, text } = await exchange(posting, context.reach, limit, sent);
    const shown = hide(text, posting.secrets);
    const record = exchangeOf(posting, `HTTP ${status}\n\n${shown}`);
    return judge(status, headers['retry-after'], shown, record, context.now());
  } catch (error) {
    const reason =
      limit.aborted && !signal.aborted ? `no answer within ${context.limitMs / 1000} s` : textOf(error);
    return { kind: 'failed', reason, mayHaveArrived: sent.isOut, exchange: exchangeOf(posting, '') };
  }
}

function refusalOf(url: URL, reach: Reach): string | undefined {
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return `${url.protocol} is not a way to post: use https.`;
  return reach.refuse(url.hostname);
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

function exchange(
  posting: Posting,
  reach: Reach,
  signal: AbortSignal,
  sent: { isOut: boolean },
): Promise<Answer> {
  const { url, body } = posting;
  const options: RequestOptions = {
    method: 'POST',
    lookup: reach.lookup,
    // A connection of its own: where one kept open has gone meanwhile, nobody could tell what arrived.
    agent: false,
    signal,
    headers: {
      ...posting.headers,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'Plumbline',
    },
  };
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const request = send(url, options, (response) => {
      readText(response).then(
        (text) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        reject,
      );
    });
    request.on('error', reject);
    request.on('socket', (socket) => {
      // From here on bytes may be on their way; before, and with a certificate that is wrong, nothing can have arrived.
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => (sent.isOut = true));
    });
    request.end(body);
  });
}

function judge(
  status: number,
  retryAfter: string | undefined,
  text: string,
  exchange: Exchange,
  now: Date,
): Delivery {
  const reason = `HTTP ${status}${text === '' ? '' : `: ${text.slice(0, 300)}`}`;
  if (status >= 200 && status < 300) return { kind: 'delivered', exchange };
  if (status === 410) return { kind: 'gone', reason, exchange };
  if (status >= 300 && status < 400)
    return { kind: 'refused', reason: `${reason} (redirects are not followed)`, exchange };
  if (status < 500 && !busy.has(status)) return { kind: 'refused', reason, exchange };
  const waitMs = waitOf(retryAfter, now);
  // A server that failed may have done its work before.
  const mayHaveArrived = !busy.has(status) && status !== 503;
  return { kind: 'failed', reason, exchange, mayHaveArrived, ...(waitMs === undefined ? {} : { waitMs }) };
}

/** Retry-After in seconds or as a date (RFC 9110, 10.2.3). */
function waitOf(retryAfter: string | undefined, now: Date): number | undefined {
  if (retryAfter === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(retryAfter.trim())
    ? Number(retryAfter) * 1000
    : Date.parse(retryAfter) - now.getTime();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), waitMsMax);
}

/** The beginning of the answer; the rest is read and dropped. */
async function readText(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    if (length < answerBytesMax) parts.push(part);
    length += part.length;
    if (length > 64 * answerBytesMax) break;
  }
  return Buffer.concat(parts).subarray(0, answerBytesMax).toString('utf8').trim();
}

function exchangeOf({ url, headers, body, secrets }: Posting, answer: string): Exchange {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const request = [`POST ${url.href}`, ...lines, '', body].join('\n');
  return { request: hide(request, secrets), answer: hide(answer, secrets) };
}

function hide(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret !== '')
    .reduce((shown, secret) => shown.replaceAll(secret, '•••'), text);
}

function textOf(error: unknown): string {
  // Where every address of a name failed, the reasons are inside.
  if (error instanceof AggregateError) return error.errors.map(textOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
