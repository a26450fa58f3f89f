import type { DeadLetterBulks } from '#lib/api-types.ts';
import { read } from '#lib/server/api.ts';
import { bulks, figures } from '#lib/shell/live.ts';
import type { LayoutServerLoad } from './$types';

/** Apart from the page's own load: progress is asked for every second, and lists of a quarter of a million are not. */
export const load: LayoutServerLoad = async (event) => {
  event.depends(bulks, figures);
  return { bulks: await read<DeadLetterBulks>(event, '/dead-letters/bulks') };
};
