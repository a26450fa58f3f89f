import type { Definition } from './definition.ts';
import type { Finding } from './fold.ts';
import { repairFigures, type Trouble } from './repair-time.ts';
import type { KpiTile } from './schemas.ts';

type Contributor = NonNullable<KpiTile['worst']>;

/** Sums of troubles: durations in milliseconds over how many were restored. The value is the median and not their ratio. */
export function troubleFinding(troubles: readonly Trouble[]): Finding {
  const { value, figures } = repairFigures(troubles);
  const restored = troubles.filter(({ restoredAtMs }) => restoredAtMs !== null);
  const sumMs = restored.reduce((sum, one) => sum + repairMs(one), 0);
  return {
    value,
    numerator: String(sumMs),
    denominator: String(restored.length),
    n: restored.length,
    figures: troubles.length === 0 ? figures.map((figure) => ({ ...figure, value: null })) : figures,
  };
}

/** From the first bad event until all worked again; 0 while it lasts. */
export function repairMs({ impactAtMs, restoredAtMs }: Trouble): number {
  return restoredAtMs === null ? 0 : Math.max(0, restoredAtMs - impactAtMs);
}

export function troubleSeries(
  troubles: readonly Trouble[],
  slotsMs: readonly number[],
  toMs: number,
  asOfMs: number,
): KpiTile['series'] {
  return slotsMs.flatMap((startMs, index) => {
    if (startMs > asOfMs) return [];
    const endMs = slotsMs[index + 1] ?? toMs;
    const inSlot = troubles.filter(({ detectedAtMs }) => detectedAtMs >= startMs && detectedAtMs < endMs);
    const { value, n } = troubleFinding(inSlot);
    return { at: new Date(startMs).toISOString(), value, n };
  });
}

/** What troubles are told apart by, in the order of the definition's dims. One with two flows counts for each. */
export function troubleDims({ flows, systems, severity }: Trouble): readonly (readonly string[])[] {
  return [flows, systems, [severity]];
}

/** Who stood for the longest repairs. */
export function troubleContributors(
  definition: Definition,
  troubles: readonly Trouble[],
  targetMs: number,
): Contributor[] {
  return definition.dims.flatMap((by, index) => {
    const all = troubles.flatMap((one) => (troubleDims(one)[index] ?? []).map((value) => ({ value, one })));
    return [...Map.groupBy(all, ({ value }) => value)]
      .map(([value, of]) => {
        const late = of.filter(({ one }) => one.restoredAtMs === null || repairMs(one) > targetMs);
        return {
          by,
          position: index + 1,
          value,
          n: of.length,
          missed: String(late.length),
          ratio: troubleFinding(of.map(({ one }) => one)).value,
        };
      })
      .filter(({ missed }) => missed !== '0')
      .toSorted((a, b) => Number(b.missed) - Number(a.missed) || (a.value < b.value ? -1 : 1))
      .slice(0, 10);
  });
}
