/**
 * What dead letters and replays need of a broker, a service or a directory. One adapter a kind, one conformance suite
 * for all (test/conformance/transports).
 */

/** One header as it came. Names may occur twice, values are bytes: nothing is decoded on the way. */
export type Header = readonly [name: string, value: Buffer];

/** What a message is, byte for byte. */
export interface Payload {
  /** Null: none, which differs from an empty one: a Kafka tombstone deletes its key. Only Kafka has it. */
  readonly body: Buffer | null;
  readonly headers: readonly Header[];
  /** Kafka record key, AMQP routing key and the like; null: none. */
  readonly key: Buffer | null;
  /** Kafka partition that it came from; null where there is no such thing. */
  readonly partition: number | null;
  readonly contentType: string | null;
}

/** A message that lies in a dead-letter queue. */
export interface Arrival extends Payload {
  /**
   * Names this one arrival, the same however often the broker delivers it again before it is acknowledged, and
   * another one when the same message dies a second time. Kafka: topic/partition/offset. RabbitMQ, which has no
   * position: made of message id, body hash, death count and time.
   */
  readonly arrivalId: string;
  /** True: certainly not delivered before, so that the same bytes again are another arrival. */
  readonly isFirstDelivery?: boolean;
  /** The transport's own message id (AMQP message-id, Nats-Msg-Id, a `message-id` header); null: none. */
  readonly messageId: string | null;
  /** Where it was first sent: queue, topic, subject, stream, path; null when the transport does not say. */
  readonly originalDestination: string | null;
  /** When it died, as far as the transport knows. */
  readonly failedAt: Date | null;
  /** Why it died in the transport's words, such as `rejected`, `expired`, `delivery_limit`; null: unknown. */
  readonly reason: string | null;
  /** How often it had been delivered; null: unknown. */
  readonly deliveries: number | null;
}

/** What became of one send. An answer that is lost is `unknown`, never `refused`. */
export type SendResult =
  /** The transport keeps it. `position` is its proof: `partition/offset`, `stream sequence`, HTTP status, file name. */
  | { readonly kind: 'accepted'; readonly position: string | null }
  /** Certainly not delivered: unroutable, nacked, 4xx, no such directory. May be sent again. */
  | {
      readonly kind: 'refused';
      readonly reason: string;
      /** False: sending again cannot help. */ readonly retryable: boolean;
    }
  /** It may or may not have been delivered: confirm lost, time-out after the bytes left, 5xx after processing. */
  | { readonly kind: 'unknown'; readonly reason: string };

export interface Outgoing extends Payload {
  /** Id under which consumers must recognise it; the same for every send of one item. */
  readonly messageId: string;
  /** For transports that forget duplicates themselves (Nats-Msg-Id, Idempotency-Key): message id and generation. */
  readonly deduplicationId: string;
}

/** What a transport promises, read from the real settings of the target where it can be, never assumed. */
export interface Promises {
  /** An accepted send survives a crash of the target. */
  readonly durable: 'yes' | 'no' | 'unknown';
  /** A send to nowhere is noticed. */
  readonly unroutableNoticed: boolean;
  /** The target itself drops a second send with one deduplication id, and for how long. */
  readonly deduplicates: { readonly forMs: number } | null;
  /** Sends with one key keep their order. */
  readonly keepsOrder: boolean;
  /** One sentence a person can act on: "Classic queue, durable; dead-lettering is at most once". */
  readonly note: string;
}

export interface Transport {
  /**
   * Takes arrivals from a dead-letter queue until `stop`. `store` is awaited before anything is acknowledged; when it
   * throws, the batch is delivered again later. Batches are of at most `batchMax`, handed over after at most
   * `lingerMs`. Reconnects with backoff; resolves only when stopped, rejects only when it can never work
   * (no such queue, access refused) with a sentence that says what to do.
   */
  tail(destination: string, options: TailOptions): Promise<void>;
  /** Looks at up to `limit` arrivals without taking them away. Undefined: this transport cannot. */
  browse?(destination: string, limit: number, signal: AbortSignal): Promise<Arrival[]>;
  /**
   * Sends a batch; results in the order of the input, one for each, never rejects. Order is kept for equal keys.
   * `signal` stops what has not been handed to the network yet (`refused`, retryable).
   */
  send(destination: string, batch: readonly Outgoing[], signal: AbortSignal): Promise<SendResult[]>;
  /** What the target promises, probed now. @throws Error with a sentence when it cannot be reached. */
  promises(destination: string, signal: AbortSignal): Promise<Promises>;
  /** How many messages wait in a destination; null where it cannot be asked. */
  depth(destination: string, signal: AbortSignal): Promise<number | null>;
  close(): Promise<void>;
}

export interface TailOptions {
  readonly batchMax: number;
  readonly lingerMs: number;
  readonly store: (batch: readonly Arrival[]) => Promise<void>;
  readonly stop: AbortSignal;
  /** Told of each loss and return of the connection, in one sentence. */
  readonly onState?: (state: 'connected' | 'disconnected', sentence: string) => void;
}

/** Opens the transport behind a URL; connects lazily, at the first use. */
export type OpenTransport = (url: string, options: TransportOptions) => Transport;

export interface TransportOptions {
  /** Name that the other side sees: `plumbline-control-plane`. */
  readonly application: string;
  readonly now: () => Date;
  /** Sends that wait for an answer at the same time. */
  readonly inFlightMax?: number;
  /** Longest wait for the answer to one send; later it is `unknown`. */
  readonly answerWithinMs?: number;
}

/** Why a transport will never have dead letters to tail: not a fault, they come in another way. */
export class NothingToTail extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = 'NothingToTail';
  }
}
