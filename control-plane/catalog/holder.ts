import { setTimeout as wait } from 'node:timers/promises';
import { applyDerivation } from '@plumbline/model/clickhouse/derivation/apply.ts';
import type { ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import type { CatalogError } from '@plumbline/model/catalog/catalog-error.ts';
import { emptyCatalog } from '@plumbline/model/catalog/compile-catalog.ts';
import { loadCatalog } from '@plumbline/model/catalog/load.ts';
import type { Catalog } from '@plumbline/model/catalog/schema.ts';
import { watchCatalog } from '@plumbline/model/catalog/watch.ts';
import type { EventHub } from '../live/hub.ts';
import { describeError, type Log } from '../log.ts';

const againMs = 2000;

/** The catalog in force, and what is wrong with the newest edit when that was refused. */
export interface CatalogState {
  readonly catalog: Catalog;
  readonly loadedAt: Date;
  readonly warnings: readonly CatalogError[];
  /** Not empty: a newer edit was refused, and `catalog` is the last good one. */
  readonly errors: readonly CatalogError[];
}

export interface CatalogHolder {
  current(): CatalogState;
  stop(): Promise<void>;
}

interface HolderOptions {
  readonly directory: string | undefined;
  readonly clickHouse: ClickHouse;
  readonly cluster: string | undefined;
  readonly events: EventHub;
  readonly log: Log;
  readonly now: () => Date;
}

/**
 * Loads the catalog, brings the materialized views to it, and follows the directory from then on.
 * @throws Error when the first load finds errors: there is no good catalog to keep yet.
 */
export async function holdCatalog(options: HolderOptions): Promise<CatalogHolder> {
  const { directory, clickHouse, events, log, now } = options;
  const layout = options.cluster ? { cluster: options.cluster } : {};
  const first = directory
    ? await loadCatalog(directory)
    : { ok: true as const, catalog: emptyCatalog(), warnings: [] };
  if (!first.ok) {
    const [error] = first.errors;
    throw new Error(
      `The catalog in ${directory} has ${first.errors.length} errors, the first at ${error?.file}:${error?.line}: ${error?.message} Run "npx plumbline check ${directory}" for all of them.`,
    );
  }
  await applyDerivation(clickHouse, first.catalog, layout);
  let state: CatalogState = { catalog: first.catalog, loadedAt: now(), warnings: first.warnings, errors: [] };
  // Changes are applied one after another; a view must never be younger than a later catalog's.
  let applying: Promise<void> = Promise.resolve();
  const apply = async (catalog: Catalog, warnings: readonly CatalogError[]) => {
    await applyDerivation(clickHouse, catalog, layout);
    state = { catalog, loadedAt: now(), warnings, errors: [] };
    log.info('catalog changed', { hash: catalog.hash });
    events.publish('catalog.changed', { hash: catalog.hash });
  };
  let newest = first.catalog;
  const stopping = new AbortController();
  // ClickHouse may be away just now: the files do not change again by themselves, so nothing else would bring it in.
  const bringIn = async (catalog: Catalog, warnings: readonly CatalogError[]) => {
    for (let isTold = false; newest === catalog && !stopping.signal.aborted; isTold = true) {
      try {
        return await apply(catalog, warnings);
      } catch (error) {
        if (!isTold)
          log.error('catalog could not be applied yet; it is tried again until it is', describeError(error));
        await wait(againMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  };
  const watch = directory
    ? watchCatalog({
        directory,
        initial: first.catalog,
        onChange: ({ catalog, warnings }) => {
          newest = catalog;
          applying = applying.then(() => bringIn(catalog, warnings));
        },
        onInvalid: (errors) => {
          state = { ...state, errors };
          log.warn('catalog edit refused, the last good one stays in force', { errors: errors.slice(0, 5) });
          events.publish('catalog.invalid', { errors: errors.length });
        },
      })
    : undefined;
  return {
    current: () => state,
    async stop() {
      stopping.abort();
      await watch?.stop();
      await applying;
    },
  };
}
