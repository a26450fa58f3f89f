import { passOn } from '#lib/server/pass-on.ts';
import type { RequestHandler } from './$types';

/** Passes an export of dead letters on. */
export const GET: RequestHandler = (event) =>
  passOn(event, `/dead-letters/export${event.url.search}`, {
    name: 'dead-letters.ndjson',
    type: 'application/x-ndjson',
  });
