import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookContext } from '../look.ts';

interface Request {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly redirectsMax: number;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly bytes: number;
  readonly isJson: boolean;
}

const bytesMax = 1024 * 1024;

/** Tells whoever measures the other side that nobody asked in earnest. */
const marks = { 'user-agent': 'Plumbline-Probe', baggage: 'synthetic=true' };

/** Sends one request, following only redirects within the same origin. @throws Error with a sentence */
export async function sendRequest(request: Request, context: LookContext): Promise<Answer> {
  let { method, url, body } = request;
  for (let left = request.redirectsMax; ; left -= 1) {
    const answer = await sendOnce({ ...request, method, url, body }, context);
    const location = answer.headers['location'];
    const isRedirect = [301, 302, 303, 307, 308].includes(answer.status) && location !== undefined;
    if (!isRedirect || left === 0) return answer;
    const next = new URL(location, url);
    if (next.origin !== new URL(url).origin) {
      throw new Error(`The redirect to ${next.origin} leaves ${new URL(url).origin} and was not followed.`);
    }
    context.note(`redirected to ${next.pathname}`);
    url = next.href;
    if (answer.status < 307 && method !== 'HEAD') {
      method = 'GET';
      body = undefined;
    }
  }
}

function sendOnce({ method, url, headers, body }: Request, context: LookContext): Promise<Answer> {
  const target = new URL(url);
  context.reach.refuseAddress(target.hostname);
  const send = target.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const outgoing = send(
      target,
      {
        method,
        headers: { accept: '*/*', ...marks, ...headers },
        agent: false,
        lookup: context.reach.lookup,
        signal: context.signal,
        maxHeaderSize: 64 * 1024,
      },
      (incoming) => {
        readAnswer(incoming).then(resolve, reject);
      },
    );
    outgoing.on('error', (error) =>
      reject(new Error(`${target.origin} cannot be reached: ${error.message}`, { cause: error })),
    );
    outgoing.end(body);
  });
}

async function readAnswer(incoming: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) {
      incoming.destroy();
      throw new Error(`The answer is larger than ${bytesMax} bytes; ask for less.`);
    }
    chunks.push(chunk);
  }
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
  );
  return {
    status: incoming.statusCode ?? 0,
    headers,
    text: Buffer.concat(chunks).toString('utf8'),
    bytes,
    isJson: /^application\/(?:[\w.-]{1,60}\+)?json\b/i.test(headers['content-type'] ?? ''),
  };
}
