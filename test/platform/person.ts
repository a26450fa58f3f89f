import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

/** Longer than any restart takes on a busy machine. */
const patienceMs = 60_000;
const Invited = z.object({ link: z.url() });

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Somebody with a session of their own who uses the API as the console does. */
export interface Person {
  readonly name: string;
  /** Reads, and asks again while nobody answers. */
  get<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>>;
  /** Asks once; undefined: no answer came, and it may or may not have been done. */
  post(path: string, json: unknown): Promise<Answer | undefined>;
}

/** Invites a person by the administrator's token and follows the link. Answers the cookie of their session. */
export async function signUp(
  apiUrl: string,
  adminToken: string,
  name: string,
  role: string,
): Promise<string> {
  const email = `${name.toLowerCase()}@distributor.example`;
  const authorization = `Bearer ${adminToken}`;
  const invited = await send(`${apiUrl}/people`, { authorization }, { email, name, role });
  const token = new URL(Invited.parse(await invited.json()).link).searchParams.get('token');
  const welcome = { token, name, email, password: 'a long and quiet password' };
  const welcomed = await send(`${apiUrl}/welcome`, {}, welcome);
  const cookie = /^[^;]+/.exec(welcomed.headers.get('set-cookie') ?? '')?.[0];
  if (!cookie) throw new Error(`${name} could not sign in: ${welcomed.status} ${await welcomed.text()}`);
  return cookie;
}

/** A person by the headers that prove who they are: the cookie of a session, or a token. */
export function personWith(apiUrl: string, name: string, headers: Record<string, string>): Person {
  return {
    name,
    get: (path, schema) => untilAnswered(`${apiUrl}${path}`, headers, schema),
    async post(path, json) {
      const response = await send(`${apiUrl}${path}`, headers, json).catch(() => undefined);
      const body: unknown = await response?.json().catch(() => undefined);
      return response && body !== undefined ? { status: response.status, body } : undefined;
    },
  };
}

function send(url: string, headers: Record<string, string>, json: unknown): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(json),
    signal: AbortSignal.timeout(20_000),
  });
}

async function untilAnswered<Schema extends z.ZodType>(
  url: string,
  headers: Record<string, string>,
  schema: Schema,
): Promise<z.output<Schema>> {
  for (const untilMs = Date.now() + patienceMs; ; await sleep(50)) {
    const said = await readOnce(url, headers);
    if ('text' in said) return schema.parse(JSON.parse(said.text));
    if (Date.now() > untilMs) throw new Error(`GET ${url} was not answered for a minute: ${said.away}`);
  }
}

/** @throws Error when something is wrong with the question: that stays wrong. What is wrong with the server passes. */
async function readOnce(
  url: string,
  headers: Record<string, string>,
): Promise<{ readonly text: string } | { readonly away: string }> {
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(10_000) });
    const text = await response.text();
    if (response.ok) return { text };
    if (response.status >= 500) return { away: `${response.status} ${text}` };
    throw new Error(`GET ${url}: ${response.status} ${text}`);
  } catch (error) {
    const isAway = error instanceof TypeError || (error instanceof Error && /Abort|Timeout/.test(error.name));
    if (!isAway) throw error;
    return { away: error.message };
  }
}
