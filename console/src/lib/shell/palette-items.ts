import type { SearchHit } from '#lib/api-types.ts';
import type { Routes } from '#lib/routes.ts';

export interface PaletteItem {
  readonly id: string;
  readonly kind: SearchHit['kind'] | 'page';
  readonly title: string;
  readonly detail: string;
  readonly href: string;
}

/** Pages whose name has the words, then what the API found. */
export function paletteItems(
  query: string,
  pages: readonly { label: string; href: string }[],
  hits: readonly SearchHit[],
  to: Routes,
): PaletteItem[] {
  const needle = query.trim().toLowerCase();
  const found = pages.filter((page) => page.label.toLowerCase().includes(needle));
  const pageItems = found.map(({ label, href }) => ({
    id: `page:${label}`,
    kind: 'page' as const,
    title: label,
    detail: 'Page',
    href,
  }));
  const hitItems = hits.map((hit) => ({ ...hit, id: `${hit.kind}:${hit.id}`, href: hrefOf(hit, to) }));
  return needle === '' ? pageItems : [...hitItems, ...pageItems];
}

function hrefOf(hit: SearchHit, to: Routes): string {
  switch (hit.kind) {
    case 'transaction':
      return to.transaction(hit.id);
    case 'trace':
      return to.trace(hit.id);
    case 'flow':
      return to.flow(hit.id);
    case 'system':
      return to.system(hit.id);
  }
}
