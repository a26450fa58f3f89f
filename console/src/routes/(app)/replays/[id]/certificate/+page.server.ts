import type { ReplayCertificate } from '#lib/api-types.ts';
import { read } from '#lib/server/api.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const path = `/replays/${encodeURIComponent(event.params.id)}/certificate`;
  return { title: 'Certificate of a replay', sealed: await read<ReplayCertificate>(event, path) };
};
