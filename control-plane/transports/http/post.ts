import { createHmac } from 'node:crypto';
import { request as requestHttp, type Agent, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { TLSSocket } from 'node:tls';
import { withIdentity } from '../headers.ts';
import type { Outgoing, SendResult } from '../port.ts';
import type { HoldOff } from './hold-off.ts';

/** Where to post, and the key to sign with; '' for none. */
export interface Target {
  readonly origin: string;
  readonly path: string;
  readonly key: string;
}

export interface PostOptions {
  readonly agent: Agent;
  readonly now: () => Date;
  readonly limitMs: number;
  readonly signal: AbortSignal;
  readonly holdOff: HoldOff;
}

/** Headers that belong to one connection, not to the message. */
const ownOfConnection = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** Headers of which only what this send says may arrive. */
const replaced = new Set(['idempotency-key', 'plumbline-signature']);
const busy = new Set([408, 425, 429, 503]);
const answerBytesMax = 2000;

/** The address of a destination below the connection's URL, or a sentence that says why there is none. */
export function targetOf(base: string, destination: string): Target | string {
  const { origin, pathname, password } = new URL(base);
  if (/[{}]/.test(destination))
    return `${destination} has a place to fill in: give the flow a replay.destination that is a whole path.`;
  const path = `${pathname.replace(/\/+$/, '')}/${destination.replace(/^\/+/, '')}`;
  const url = new URL(origin);
  url.pathname = path;
  return { origin, path: url.pathname, key: decodeURIComponent(password) };
}

/** One POST. Never rejects. What went out and was not answered is unknown; redirects are not followed. */
export function post(target: Target, outgoing: Outgoing, options: PostOptions): Promise<SendResult> {
  if (options.signal.aborted) return Promise.resolve(refused('The replay was stopped first.', true));
  if (outgoing.body === null)
    return Promise.resolve(
      refused('HTTP has no message without a body; a Kafka tombstone cannot be posted.', false),
    );
  const { body } = outgoing;
  return new Promise((resolve) => {
    const send = target.origin.startsWith('https:') ? requestHttps : requestHttp;
    let isOut = false;
    const asked: RequestOptions = {
      method: 'POST',
      path: target.path,
      agent: options.agent,
      headers: [...headersOf(target, outgoing, body, options.now()), 'content-length', String(body.length)],
    };
    try {
      const request = send(target.origin, asked, (response) => void answer(response, options).then(resolve));
      let late: NodeJS.Timeout | undefined;
      request.on('close', () => clearTimeout(late));
      request.on('socket', (socket) => {
        // Waiting for a socket is no waiting for an answer.
        late = setTimeout(
          () => request.destroy(new Error(`no answer within ${options.limitMs} ms`)),
          options.limitMs,
        );
        // From here on bytes may be on their way; before, nothing can have arrived, nor with a certificate that is wrong.
        if (request.reusedSocket) isOut = true;
        else socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => (isOut = true));
      });
      request.on('error', (error: Error) =>
        resolve(
          isOut
            ? { kind: 'unknown', reason: error.message }
            : refused(`${target.origin}: ${error.message}`, true),
        ),
      );
      request.end(body);
    } catch (error) {
      resolve(refused(error instanceof Error ? error.message : String(error), false));
    }
  });
}

/** Headers byte for byte (HTTP carries latin1), duplicates included, as Node takes them: names and values in turn. */
function headersOf(target: Target, outgoing: Outgoing, body: Buffer, at: Date): string[] {
  const own = withIdentity(outgoing).filter(([name]) => !ownOfConnection.has(name.toLowerCase()));
  const kept = own.filter(([name]) => !replaced.has(name.toLowerCase()));
  const headers = kept.flatMap(([name, value]) => [name, value.toString('latin1')]);
  headers.push('idempotency-key', outgoing.deduplicationId, 'host', new URL(target.origin).host);
  if (target.key !== '')
    headers.push('plumbline-signature', signature(target.key, at, outgoing.messageId, body));
  return headers;
}

/** HMAC-SHA256 over instant (seconds), message id and body, each followed by a dot but the last. */
export function signature(key: string, at: Date, messageId: string, body: Buffer): string {
  const seconds = Math.floor(at.getTime() / 1000);
  const hmac = createHmac('sha256', key).update(`${seconds}.${messageId}.`).update(body);
  return `t=${seconds},v1=${hmac.digest('hex')}`;
}

async function answer(response: IncomingMessage, { holdOff, now }: PostOptions): Promise<SendResult> {
  const status = response.statusCode ?? 0;
  const text = await textOf(response);
  if (status >= 200 && status < 300) return { kind: 'accepted', position: `HTTP ${status}` };
  const reason = `HTTP ${status}${text === '' ? '' : `: ${text}`}`;
  if (status >= 300 && status < 400) return refused(`${reason} (redirects are not followed)`, false);
  if (busy.has(status)) {
    holdOff.asked(response.headers['retry-after'], now());
    return refused(reason, true);
  }
  if (status < 500) return refused(reason, false);
  // The service may have done its work before it failed.
  return { kind: 'unknown', reason };
}

/** The beginning of the answer, for the reason; the rest is read and dropped so that the connection can be used again. */
async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  try {
    for await (const chunk of response) if (text.length < answerBytesMax) text += String(chunk);
  } catch {
    // The status has come; what it would have explained is lost.
  }
  return text.slice(0, answerBytesMax).replace(/\s+/g, ' ').trim();
}

function refused(reason: string, retryable: boolean): SendResult {
  return { kind: 'refused', reason, retryable };
}
