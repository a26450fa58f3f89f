import type { Transaction } from '#lib/api-types.ts';
import { read } from '#lib/server/api.ts';
import { figures } from '#lib/shell/live.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  event.depends(figures);
  const { key } = event.params;
  return {
    title: key,
    transaction: await read<Transaction>(event, `/transactions/${encodeURIComponent(key)}`),
  };
};
