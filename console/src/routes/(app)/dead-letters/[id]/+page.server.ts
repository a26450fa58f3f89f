import type { Catalog, DeadLetterDetail, Assignees } from '#lib/api-types.ts';
import { read } from '#lib/server/api.ts';
import { addNote, changeLetters, previewReplay } from '#lib/server/letter-forms.ts';
import { figures, replays } from '#lib/shell/live.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  event.depends(figures, replays);
  const [letter, catalog, people] = await Promise.all([
    read<DeadLetterDetail>(event, `/dead-letters/${encodeURIComponent(event.params.id)}`),
    read<Catalog>(event, '/catalog'),
    read<Assignees>(event, '/dead-letters/assignees'),
  ]);
  const flow =
    letter.ok && catalog.ok ? catalog.data.flows.find(({ name }) => name === letter.data.flow) : undefined;
  // Of the whole catalog the page needs what replays of this one flow may do.
  const policy = flow && {
    destination: flow.replay.destination ?? flow.transport.destination,
    redirects: flow.replay.redirects,
    perSecond: flow.replay.perSecond,
    stages: flow.replay.stages,
    haltRatio: flow.replay.haltRatio,
    protectedFields: flow.replay.protectedFields,
  };
  return {
    title: letter.ok ? `Dead letter ${letter.data.messageId}` : 'Dead letter',
    live: true,
    letter,
    policy,
    people,
  };
};

export const actions: Actions = { act: changeLetters, replay: previewReplay, note: addNote };
