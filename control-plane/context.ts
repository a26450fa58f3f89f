import type { ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import type { Postgres } from '@plumbline/model/postgres/pool.ts';
import type { ChannelHolder } from './alerts/hold-channels.ts';
import type { CatalogHolder } from './catalog/holder.ts';
import type { Config } from './config.ts';
import type { EventHub } from './live/hub.ts';
import type { Log } from './log.ts';
import type { TransportHolder } from './transports/holder.ts';

/** Everything that a verb may use, made once in main.ts. Time and randomness come from here, so tests can set them. */
export interface Context {
  readonly config: Config;
  readonly postgres: Postgres;
  readonly clickHouse: ClickHouse;
  readonly catalog: CatalogHolder;
  readonly events: EventHub;
  readonly log: Log;
  readonly transports: TransportHolder;
  readonly channels: ChannelHolder;
  readonly now: () => Date;
  readonly randomBytes: (size: number) => Buffer;
  readonly randomId: () => string;
}
