import { setTimeout as sleep } from 'node:timers/promises';
import { tableNames } from '../decode/tables.ts';
import type { Log } from '../log.ts';
import type { Spool } from '../spool/spool.ts';
import type { ClickHouseInserts } from './insert.ts';
import { loadTable, type LoaderFigures, type LoaderOptions } from './loader.ts';

export interface Loading {
  readonly figures: LoaderFigures;
  /** True once ClickHouse has its tables and views and has not failed since. */
  isStoreReady(): boolean;
  /** Ends after the inserts under way; unsent segments stay in the spool. */
  stop(): Promise<void>;
}

const readinessIntervalMs = 500;

/** Starts one loader per table, and watches whether the store is ready for them. */
export function startLoading(
  spool: Spool,
  inserts: ClickHouseInserts,
  options: LoaderOptions,
  log: Log,
  now: () => number,
): Loading {
  const abort = new AbortController();
  const figures: LoaderFigures = {
    inserts: 0,
    failures: 0,
    refusedBlocks: 0,
    withoutView: 0,
    lastFailure: '',
  };
  let isReady = false;
  let waiting: (() => void)[] = [];

  const wakeAll = (): void => {
    const all = waiting;
    waiting = [];
    for (const resume of all) resume();
  };
  const wake = (): Promise<void> => {
    if (abort.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => waiting.push(resolve));
  };
  spool.onCommit(wakeAll);
  abort.signal.addEventListener('abort', wakeAll);

  const watch = async (): Promise<void> => {
    while (!abort.signal.aborted) {
      if (!isReady && (await inserts.isReady())) {
        isReady = true;
        log.info('ClickHouse has its tables and views; loading');
        wakeAll();
      }
      await sleep(readinessIntervalMs, undefined, { signal: abort.signal }).catch(() => undefined);
    }
  };

  const context = {
    spool,
    inserts,
    options,
    log,
    now,
    signal: abort.signal,
    figures,
    isReady: () => isReady,
    setUnready: () => (isReady = false),
  };
  const running = [watch(), ...tableNames.map((table) => loadTable(context, table, wake))];
  return {
    figures,
    isStoreReady: () => isReady,
    async stop() {
      abort.abort();
      await Promise.all(running);
    },
  };
}
