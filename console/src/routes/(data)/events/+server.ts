import { sessionCookie } from '#lib/server/session-cookie.ts';
import { config } from '#lib/server/config.ts';
import type { RequestHandler } from './$types';

/** Passes the API's stream of events on; it ends when the browser goes. */
export const GET: RequestHandler = async (event) => {
  try {
    const upstream = await fetch(`${config.apiUrl}/api/v1/events`, {
      headers: {
        accept: 'text/event-stream',
        cookie: `${sessionCookie}=${event.locals.session ?? ''}`,
        'last-event-id': event.request.headers.get('last-event-id') ?? '',
      },
      signal: event.request.signal,
    });
    if (!upstream.ok) return new Response('The API refused the stream.', { status: upstream.status });
    return new Response(upstream.body, {
      headers: {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      },
    });
  } catch {
    return new Response('The API does not answer.', { status: 503 });
  }
};
