import type { Arrival, Transport, TransportOptions } from '@plumbline/control-plane/transports/port.ts';
import type { OwnProcess } from '../../brokers/broker.ts';

/** What becomes of a part of a message: it arrives unchanged, its send is refused for good, or it is left out. */
export type Kept = 'kept' | 'refused' | 'left out';

/** What a transport can carry: the suite holds it to this, and the README's table says the same. */
export interface Carries {
  /** A header whose bytes are no text. */
  readonly binaryHeaders: Kept;
  /** Two headers of one name. */
  readonly repeatedHeaders: Kept;
  /** A header whose value is empty. */
  readonly emptyHeaders: Kept;
  readonly key: Kept;
  readonly partition: Kept;
  /** No body, which is not an empty one. */
  readonly tombstones: Kept;
}

/** Where the messages of one test go and are read from. */
export interface Place {
  readonly to: string;
  readonly from: string;
}

export interface Harness<S extends Stand = Stand> {
  /** First cell of its row in the README's table. */
  readonly name: string;
  /** Why it cannot run here. */
  readonly why: string | undefined;
  readonly carries: Carries;
  /** False: there is nothing to read, and a tail says so. */
  readonly reads: boolean;
  /** False: there is no process behind it that could be away. */
  readonly connects: boolean;
  readonly browses: boolean;
  readonly counts: boolean;
  /** The target drops a second send under one deduplication id; a directory as long as the first lies there. */
  readonly deduplicates: 'yes' | 'no' | 'until taken';
  /** What is read comes in the order of its sends, key by key. */
  readonly keepsOrder: boolean;
  /** Kinds of places, each with what `promises` must say of how durable it is. */
  readonly kinds: Readonly<Record<string, 'yes' | 'no' | 'unknown'>>;
  /** Kinds whose accepted messages outlive the kill of the target's process, which is less than durable. */
  readonly outliveKill: readonly string[];
  readonly start: () => Promise<S>;
}

export interface Stand {
  readonly open: (options?: Partial<TransportOptions>) => Transport;
  readonly createPlace: (kind?: string) => Promise<Place>;
  /** A place that is not there. */
  readonly nowhere: string;
  /** All that arrived at a place, once it is as much as this and nothing more comes. */
  readonly received: (place: Place, length: number) => Promise<readonly Arrival[]>;
  /** The partition that it lies in, where there are any: `partition` of an arrival is the one that it died in first. */
  readonly partitionOf?: (arrival: Arrival) => number | null;
  /** Opens the same kind of transport for another port of this machine. */
  readonly openAt: (port: number) => Transport;
  /** Null: it has no process, or one that is not ours. */
  readonly target: OwnProcess | null;
  /** How long after something was made it outlives the kill of the target. */
  readonly settleMs: number;
  readonly close: () => Promise<void>;
}
