import type { ReplayDetail, ReplayItems } from '#lib/api-types.ts';
import { read } from '#lib/server/api.ts';
import { decideReplay, giveVerdict, sendAgain } from '#lib/server/replay-forms.ts';
import { replays } from '#lib/shell/live.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  event.depends(replays);
  const path = `/replays/${encodeURIComponent(event.params.id)}`;
  const asked = (name: string) => event.url.searchParams.get(name);
  const [replay, items] = await Promise.all([
    read<ReplayDetail>(event, path),
    read<ReplayItems>(event, `${path}/items`, { state: asked('outcome'), cursor: asked('cursor') }),
  ]);
  return { title: replay.ok ? `Replay: ${replay.data.reason}` : 'Replay', live: true, replay, items };
};

export const actions: Actions = { decide: decideReplay, verdict: giveVerdict, resend: sendAgain };
