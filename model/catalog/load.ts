import { type CatalogResult, compileCatalog } from './compile-catalog.ts';
import { listCatalogFiles, readCatalogFiles } from './read-files.ts';

/**
 * Reads the catalog of a directory: all `*.yaml` and `*.yml` files below it together. Either the whole catalog is
 * good, or every error comes back with file, line, column, place in the catalog and what to do about it.
 */
export async function loadCatalog(directory: string): Promise<CatalogResult> {
  const found = await listCatalogFiles(directory);
  if (!found.ok) return found;
  const read = await readCatalogFiles(found.files);
  return read.ok ? compileCatalog(read.texts) : read;
}
