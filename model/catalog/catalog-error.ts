/** One thing wrong with (or doubtful in) the catalog, where it stands, and what to do about it. */
export interface CatalogError {
  /** Path of the file, relative to the catalog directory; the directory itself when no file is meant. */
  readonly file: string;
  /** 1-based; 0 when the whole file is meant. */
  readonly line: number;
  readonly column: number;
  /** Place in the catalog, such as `flows.shop-to-erp.source`. */
  readonly path: string;
  readonly message: string;
}

/** Lines such as `flows.yaml:12:9  flows.shop-to-erp.source: unknown system "shp"; did you mean "shop"?` */
export function formatCatalogErrors(errors: readonly CatalogError[]): string {
  return errors.map(formatCatalogError).join('\n');
}

function formatCatalogError({ file, line, column, path, message }: CatalogError): string {
  const place = line > 0 ? `${file}:${line}:${column}` : file;
  return path === '' ? `${place}  ${message}` : `${place}  ${path}: ${message}`;
}

/** Orders errors as a reader meets them: by file, line and column. */
export function compareCatalogErrors(a: CatalogError, b: CatalogError): number {
  return (
    compareTexts(a.file, b.file) ||
    a.line - b.line ||
    a.column - b.column ||
    compareTexts(a.message, b.message)
  );
}

/** Orders by code unit, so that the order does not depend on the machine's locale. */
export function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
