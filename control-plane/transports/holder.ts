import type { Transport } from './port.ts';

/** The transports of this process, one for each connection of the catalog. */
export interface TransportHolder {
  /** Undefined: the catalog has no such connection, or it has no URL. */
  of(connection: string): Transport | undefined;
  close(): Promise<void>;
}
