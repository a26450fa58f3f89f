import { error, redirect, type RequestEvent } from '@sveltejs/kit';
import { problemOf, slow, unreachable, type Result } from '#lib/result.ts';
import { signIn } from '#lib/routes.ts';
import { rangeOf } from '#lib/time/range.ts';
import { config } from './config.ts';
import { sessionCookie } from './session-cookie.ts';

const timeoutMs = 20_000;
/** After this long without an answer the API is asked whether it lives; a frozen one says nothing, a slow one says yes. */
const patienceMs = 4_000;
const signOfLifeMs = 1_000;

type Query = Record<string, string | undefined | null>;

/** Sends one request to the API as the person who is signed in. Throws only when the API cannot be reached. */
export function callApi(event: RequestEvent, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('accept', 'application/json');
  const { session } = event.locals;
  if (session) headers.set('cookie', `${sessionCookie}=${session}`);
  for (const [name, value] of Object.entries(visitorOf(event))) headers.set(name, value);
  if (init.method && init.method !== 'GET') headers.set('origin', event.url.origin);
  const signal = init.signal ?? undefined;
  return fetchWhileAlive(`${config.apiUrl}/api/v1${path}`, { redirect: 'error', ...init, headers }, signal);
}

/** Fetches, and gives up early when the API shows no sign of life. @param own signal of a caller who waits as long as it likes */
async function fetchWhileAlive(
  url: string,
  init: RequestInit,
  own: AbortSignal | undefined,
): Promise<Response> {
  const frozen = new AbortController();
  const timer = setTimeout(() => {
    fetch(`${config.apiUrl}/healthz`, { signal: AbortSignal.timeout(signOfLifeMs) }).catch(() =>
      frozen.abort(),
    );
  }, patienceMs);
  try {
    const limit = own ?? AbortSignal.timeout(timeoutMs);
    return await fetch(url, { ...init, signal: AbortSignal.any([frozen.signal, limit]) });
  } finally {
    clearTimeout(timer);
  }
}

/** For whom the console asks, as any proxy says it: limits on sign-in count people, and a session names its browser. */
function visitorOf(event: RequestEvent): Record<string, string> {
  const hops = [event.request.headers.get('x-forwarded-for'), event.getClientAddress()];
  return {
    'x-forwarded-for': hops.filter(Boolean).join(', '),
    'user-agent': event.request.headers.get('user-agent') ?? 'unknown',
  };
}

/** Reads one resource. No session leads to sign-in, an unknown thing to the 404 page; other failures are values. */
export async function read<Data>(
  event: RequestEvent,
  path: string,
  query: Query = {},
): Promise<Result<Data>> {
  const result = await ask<Data>(event, path + queryText(query), { method: 'GET' });
  if (result.ok) return result;
  if (result.problem.status === 401) redirect(303, signIn(event.url.pathname + event.url.search));
  if (result.problem.status === 404)
    error(404, { message: result.problem.title, hint: result.problem.detail });
  return result;
}

/** Reads one resource over the time range of the page's address. */
export function readInRange<Data>(
  event: RequestEvent,
  path: string,
  query: Query = {},
): Promise<Result<Data>> {
  return read(event, path, { ...rangeOf(event.url.searchParams), ...query });
}

/** Asks and tells what came back; every failure is a value. */
export async function ask<Data>(event: RequestEvent, path: string, init: RequestInit): Promise<Result<Data>> {
  try {
    const response = await callApi(event, path, init);
    const body: unknown = response.status === 204 ? null : await response.json().catch(() => null);
    if (!response.ok) return { ok: false, problem: problemOf(response.status, body) };
    return { ok: true, data: body as Data, atMs: Date.now() };
  } catch (thrown) {
    const isSlow = thrown instanceof Error && thrown.name === 'TimeoutError';
    return { ok: false, problem: isSlow ? slow : unreachable };
  }
}

/** Sends JSON. */
export function send<Data>(
  event: RequestEvent,
  method: 'POST' | 'DELETE' | 'PATCH',
  path: string,
  body?: unknown,
) {
  const json =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  return ask<Data>(event, path, { method, ...json });
}

function queryText(query: Query): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) params.set(name, value);
  const text = params.toString();
  return text ? `?${text}` : '';
}
