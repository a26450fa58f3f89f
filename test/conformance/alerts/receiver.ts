import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Any key: receivers of tests check no signature. */
export const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

/** What a webhook is told, as far as tests look at it. */
export interface Told {
  readonly type: string;
  readonly data: {
    readonly key: string;
    readonly severity: string;
    readonly title: string;
    readonly summary: string;
    readonly startedAt: string;
  };
}

/** A webhook on this machine. @param take called with each notification; may answer another status than 204 */
export async function openReceiver(take: (told: Told) => number | void) {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += String(part)));
    request.on('end', () => {
      response.writeHead(take(JSON.parse(body) as Told) ?? 204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}/`,
    /** Address of a channel that leads here. */
    channel: `webhook+http://:${secret}@${host}/`,
    close: () => void server.close(),
  };
}

export type Receiver = Awaited<ReturnType<typeof openReceiver>>;
