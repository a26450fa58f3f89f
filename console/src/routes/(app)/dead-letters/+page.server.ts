import type { DeadLetterGroups, DeadLetterList, DeadLetterSources, Assignees } from '#lib/api-types.ts';
import { filterOf } from '#lib/dead-letter/filter.ts';
import { read } from '#lib/server/api.ts';
import { addNote, cancelBulk, changeLetters, previewReplay } from '#lib/server/letter-forms.ts';
import { figures } from '#lib/shell/live.ts';
import type { Actions, PageServerLoad } from './$types';

const pageRows = '100';

export const load: PageServerLoad = async (event) => {
  event.depends(figures);
  const { searchParams } = event.url;
  const filter = filterOf(searchParams, Date.now());
  const single = searchParams.get('view') === 'letters';
  const [sources, people, groups, letters] = await Promise.all([
    read<DeadLetterSources>(event, '/dead-letters/sources'),
    read<Assignees>(event, '/dead-letters/assignees'),
    single ? undefined : read<DeadLetterGroups>(event, '/dead-letters/groups', filter),
    single
      ? read<DeadLetterList>(event, '/dead-letters', {
          ...filter,
          limit: pageRows,
          cursor: searchParams.get('cursor'),
        })
      : undefined,
  ]);
  return { title: 'Dead letters', live: true, filter, sources, people, groups, letters };
};

export const actions: Actions = {
  act: changeLetters,
  replay: previewReplay,
  note: addNote,
  stop: cancelBulk,
};
