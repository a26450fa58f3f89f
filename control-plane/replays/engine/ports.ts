import type { Postgres } from '@plumbline/model/postgres/pool.ts';
import type { CatalogHolder } from '../../catalog/holder.ts';
import type { EventHub } from '../../live/hub.ts';
import type { Log } from '../../log.ts';
import type { TransportHolder } from '../../transports/holder.ts';
import type { Evidence } from '../evidence.ts';

/** What the engine works with: parts of the context, and telemetry. */
export interface EnginePorts {
  readonly postgres: Postgres;
  readonly evidence: Evidence;
  readonly transports: TransportHolder;
  readonly catalog: Pick<CatalogHolder, 'current'>;
  readonly events: EventHub;
  readonly log: Log;
  readonly now: () => Date;
  readonly randomId: () => string;
}

/** Times and sizes of the engine, in milliseconds and messages. */
export interface EngineSettings {
  readonly leaseMs: number;
  /** How often running replays, due ones and orphans are looked for. */
  readonly pollMs: number;
  readonly confirmMs: number;
  readonly batchMax: number;
  /** Batches of one replay that are under way at the same time, each at another step. */
  readonly batchesMax: number;
  /** Tries of a send that was refused but may be tried again. */
  readonly triesMax: number;
  /** Wait before the second try; it doubles. */
  readonly retryMs: number;
}

export const engineDefaults: EngineSettings = {
  leaseMs: 3000,
  pollMs: 500,
  confirmMs: 500,
  batchMax: 500,
  batchesMax: 4,
  triesMax: 4,
  retryMs: 250,
};
