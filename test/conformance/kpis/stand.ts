import { fileURLToPath } from 'node:url';
import type { KpiDetail, KpiRows, KpiTile } from '@plumbline/control-plane/kpis/schemas.ts';
import { openStand, type Stand } from '../api/stand.ts';
import { keepBooks } from './books.ts';
import { liveThrough, tell, untilMs } from './history.ts';

const catalogDirectory = fileURLToPath(new URL('../../distributor/catalog', import.meta.url));

/** The API over a history of the distributor, and the distributor's own tables beside it. */
export async function openKpiStand(environment: Readonly<Record<string, string>> = {}) {
  const stand: Stand = await openStand(catalogDirectory, undefined, environment);
  stand.clock.now = new Date(untilMs);
  const steps = liveThrough();
  const books = await keepBooks(stand.engines.databaseUrl, steps);
  await tell(stand.context.clickHouse, steps);
  const token = await stand.tokenOf('viewer');
  const ask = async (path: string): Promise<unknown> => {
    const answer = await stand.ask('GET', path, { token });
    if (answer.status !== 200)
      throw new Error(`GET ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  return {
    stand,
    books,
    token,
    list: async (query: string) => ((await ask(`/kpis?${query}`)) as { items: KpiTile[] }).items,
    detail: async (name: string, query: string) => (await ask(`/kpis/${name}?${query}`)) as KpiDetail,
    rows: async (name: string, query: string) => (await ask(`/kpis/${name}/rows?${query}`)) as KpiRows,
    csv: async (path: string) => (await ask(path)) as string,
    close: async () => {
      await books.end();
      await stand.close();
    },
  };
}
