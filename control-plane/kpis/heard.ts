import type { Catalog } from '@plumbline/model/catalog/schema.ts';
import type { HeardRow } from './queries.ts';

const hourMs = 3_600_000;

export interface Heard {
  /** The instant up to which every system was heard; null when one of them never was. */
  readonly watermarkMs: number | null;
  /** Hours in which they were heard ÷ hours that passed, summed over the systems; null of no hours or systems. */
  readonly coverage: number | null;
}

/**
 * How far, and how wholly, systems were heard. Watermark: the least advanced of them, because a fact that it owes cannot
 * be called missing before it was heard from again.
 */
export function heardOf(
  systems: readonly string[],
  catalog: Catalog,
  rows: readonly HeardRow[],
  fromMs: number,
  untilMs: number,
): Heard {
  if (systems.length === 0) return { watermarkMs: null, coverage: null };
  const byService = new Map(rows.map((row) => [row.service, row]));
  const each = systems.map((name) => {
    const services = catalog.systems.find((system) => system.name === name)?.services ?? [name];
    const found = services.flatMap((service) => byService.get(service) ?? []);
    const lastMs = found.flatMap(({ lastAt }) => (lastAt === null ? [] : Date.parse(lastAt)));
    return {
      lastMs: lastMs.length === 0 ? null : Math.max(...lastMs),
      hours: Math.max(0, ...found.map(({ hours }) => hours)),
    };
  });
  const lasts = each.map(({ lastMs }) => lastMs);
  const known = lasts.filter((lastMs) => lastMs !== null);
  const hours = Math.ceil(untilMs / hourMs) - Math.floor(fromMs / hourMs);
  const heard = each.reduce((sum, one) => sum + Math.min(one.hours, hours), 0);
  return {
    watermarkMs: known.length < lasts.length ? null : Math.min(...known),
    coverage: hours <= 0 ? null : heard / (hours * systems.length),
  };
}
