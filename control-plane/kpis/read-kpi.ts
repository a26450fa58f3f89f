import type { Kpi } from '@plumbline/model/catalog/kpi.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { contributorOf, targetOf } from './fold.ts';
import { troubleContributors } from './fold-troubles.ts';
import { readContributors } from './queries.ts';
import { readOne, type Answered, type Asked } from './read-kpis.ts';
import { readTroubles } from './repair-queries.ts';
import type { KpiDetail } from './schemas.ts';

type Contributor = NonNullable<KpiDetail['worst']>;

/** @throws Problem not_found */
export function findKpi(context: Context, name: string): Kpi {
  const kpi = context.catalog.current().catalog.kpis.find((one) => one.name === name);
  if (!kpi) throw new Problem('not_found', `The catalog declares no KPI ${name}.`);
  return kpi;
}

/** One KPI with its definition, its trend, and who contributes most to what is missed. @throws Problem not_found */
export async function readKpi(context: Context, name: string, asked: Asked): Promise<KpiDetail> {
  const kpi = findKpi(context, name);
  const answered = await readOne(context, kpi, asked);
  const { definition, previous, tile } = answered;
  const found = await contributorsOf(context, kpi, answered);
  return {
    ...tile,
    description: kpi.description ?? '',
    words: definition.words,
    formula: definition.formula,
    previousFigures: [...previous.figures],
    contributors: definition.dims.flatMap((by, index) => {
      const items = found.filter(({ position }) => position === index + 1);
      return items.length === 0 ? [] : { by, position: index + 1, items };
    }),
  };
}

async function contributorsOf(
  context: Context,
  kpi: Kpi,
  { definition, window, tile }: Answered,
): Promise<Contributor[]> {
  if (tile.n === 0 && kpi.measure.kind !== 'repair-time') return [];
  if (kpi.measure.kind === 'repair-time') {
    const { severities } = kpi.measure;
    const troubles = await readTroubles(context.postgres, severities, window.fromMs, window.toMs);
    return troubleContributors(definition, troubles, targetOf(kpi.target));
  }
  const rows = await readContributors(context.clickHouse, kpi.name, definition, window);
  return rows.map((row) => contributorOf(definition.dims[row.position - 1] ?? '', row));
}
