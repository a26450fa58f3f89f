import type { RequestEvent } from '@sveltejs/kit';
import { callApi } from './api.ts';

/** Passes a file of the API on, as long as the browser takes it. */
export async function passOn(
  event: RequestEvent,
  path: string,
  file: { readonly name: string; readonly type: string },
): Promise<Response> {
  try {
    const upstream = await callApi(event, path, { signal: event.request.signal });
    if (!upstream.ok) return new Response('The API refused the export.', { status: upstream.status });
    return new Response(upstream.body, {
      headers: {
        'content-type': file.type,
        'content-disposition': `attachment; filename="${file.name}"`,
        'cache-control': 'no-store',
      },
    });
  } catch {
    return new Response('The API does not answer.', { status: 503 });
  }
}
