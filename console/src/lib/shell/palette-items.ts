import type { DeadLetter, SearchHit } from '#lib/api-types.ts';
import type { Routes } from '#lib/routes.ts';
import { parseBusinessKey } from '@plumbline/model/telemetry/business-key.ts';

export interface PaletteItem {
  readonly id: string;
  readonly kind: SearchHit['kind'] | 'page' | 'dead-letter';
  readonly title: string;
  readonly detail: string;
  readonly href: string;
}

/** What the API found, dead letters, then pages whose name has the words. */
export function paletteItems(
  query: string,
  pages: readonly { label: string; href: string }[],
  hits: readonly SearchHit[],
  to: Routes,
  letters: readonly DeadLetter[] = [],
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
  const hitItems = onePlaceEach(hits).map((hit) => ({
    ...hit,
    title: titleOf(hit),
    id: `${hit.kind}:${hit.id}`,
    href: hrefOf(hit, to),
  }));
  const letterItems = letters.map(({ id, messageId, cause }) => ({
    id: `dead-letter:${id}`,
    kind: 'dead-letter' as const,
    title: messageId,
    detail: `Dead letter, ${cause}`,
    href: to.deadLetter(id),
  }));
  return needle === '' ? pageItems : [...hitItems, ...letterItems, ...pageItems];
}

/** Several keys of one run lead to one page: the first, which fits best, stands for them. */
export function onePlaceEach(hits: readonly SearchHit[]): SearchHit[] {
  const isSame = (one: SearchHit, other: SearchHit): boolean =>
    one.kind === other.kind && one.id === other.id;
  return hits.filter((hit, index) => hits.findIndex((one) => isSame(one, hit)) === index);
}

/** A key as it stands on the paper; what entity it is stands beside it. */
export function titleOf({ kind, title }: SearchHit): string {
  return kind === 'transaction' ? (parseBusinessKey(title)?.id ?? title) : title;
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
