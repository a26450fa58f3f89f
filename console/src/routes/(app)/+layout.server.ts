import { redirect, type ServerLoadEvent } from '@sveltejs/kit';
import type { AlertList, DeadLetterList, IncidentList, ReplayList, Session } from '#lib/api-types.ts';
import { waitingStates } from '#lib/dead-letter/filter.ts';
import { count } from '#lib/format/number.ts';
import { signIn } from '#lib/routes.ts';
import { ask } from '#lib/server/api.ts';
import { figures } from '#lib/shell/live.ts';
import type { LayoutServerLoad } from './$types';

/** Who is signed in. With the API away the shell still stands and each page says what failed. */
export const load: LayoutServerLoad = async (event) => {
  event.depends(figures);
  const [session, badges] = await Promise.all([
    ask<Session>(event, '/session', { method: 'GET' }),
    readBadges(event),
  ]);
  if (session.ok) return { session: session.data, badges };
  if (session.problem.status === 401)
    redirect(303, signIn(event.untrack(() => event.url.pathname + event.url.search)));
  return {};
};

/** What waits for somebody: beside the entries of the navigation. A figure that cannot be read is left away. */
async function readBadges(event: ServerLoadEvent): Promise<Record<string, string>> {
  const [letters, awaiting, firing, incidents] = await Promise.all([
    ask<DeadLetterList>(event, `/dead-letters?limit=1&state=${waitingStates}`, { method: 'GET' }),
    ask<ReplayList>(event, '/replays?limit=50&state=awaiting_approval', { method: 'GET' }),
    ask<AlertList>(event, '/alerts?limit=50', { method: 'GET' }),
    ask<IncidentList>(event, '/incidents?limit=50', { method: 'GET' }),
  ]);
  const badges: Record<string, string> = {};
  if (letters.ok && letters.data.total !== 0)
    badges['/dead-letters'] = letters.data.total === null ? '10k+' : count(letters.data.total);
  if (awaiting.ok && awaiting.data.items.length > 0)
    badges['/replays'] = `${awaiting.data.items.length}${awaiting.data.nextCursor ? '+' : ''}`;
  if (firing.ok && firing.data.items.length > 0)
    badges['/alerts'] = `${firing.data.items.length}${firing.data.nextCursor ? '+' : ''}`;
  const lasting = incidents.ok ? incidents.data.items.filter(({ state }) => state !== 'restored') : [];
  if (lasting.length > 0) badges['/incidents'] = String(lasting.length);
  return badges;
}
