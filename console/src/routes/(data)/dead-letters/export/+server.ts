import { callApi } from '#lib/server/api.ts';
import type { RequestHandler } from './$types';

/** Passes an export of dead letters on, as long as the browser takes it. */
export const GET: RequestHandler = async (event) => {
  try {
    const upstream = await callApi(event, `/dead-letters/export${event.url.search}`, {
      signal: event.request.signal,
    });
    if (!upstream.ok) return new Response('The API refused the export.', { status: upstream.status });
    return new Response(upstream.body, {
      headers: {
        'content-type': 'application/x-ndjson',
        'content-disposition': 'attachment; filename="dead-letters.ndjson"',
        'cache-control': 'no-store',
      },
    });
  } catch {
    return new Response('The API does not answer.', { status: 503 });
  }
};
