import type { CatalogError } from './catalog-error.ts';
import { errorIn } from './documents.ts';
import type { Path, YamlSource } from './yaml-source.ts';

/** A value inside a document. What it refers to may stand in another one, whose line an error then shows. */
export interface Place {
  readonly source: YamlSource;
  readonly path: Path;
}

/** Errors and doubts found while objectives are put together. */
export interface Findings {
  readonly errors: CatalogError[];
  readonly warnings: CatalogError[];
}

export function below(place: Place, ...steps: Path): Place {
  return { source: place.source, path: [...place.path, ...steps] };
}

export function complain(findings: Findings, place: Place, message: string): void {
  findings.errors.push(errorIn(place.source, place.path, message));
}

export function warn(findings: Findings, place: Place, message: string): void {
  findings.warnings.push(errorIn(place.source, place.path, message));
}
