/** What a field of a body or a record may hold. Money and rates are decimals as text. */
export type Field = string | number | boolean;
export type Fields = Readonly<Record<string, Field>>;

export type SystemName =
  | 'erp'
  | 'wms'
  | 'tms'
  | 'crm'
  | 'shop'
  | 'marketplace'
  | 'tax'
  | 'edi'
  | 'payments'
  | 'finance';

/** The message in whose handling something was done, and the trace of that handling. */
export interface Cause {
  readonly id: string;
  readonly trace: string;
}

/** One unit moved on a flow. `body` is what travels; `keys` are `entity:id`, the entity of the flow first. */
export interface Message {
  readonly id: string;
  readonly flow: string;
  readonly transaction: string;
  /** Names the trace in which the message is sent; the trace id is made of it. */
  readonly trace: string;
  readonly keys: readonly string[];
  readonly body: Fields;
  /** The message in whose handling this one was sent, when it was sent there and then. */
  readonly cause?: Cause;
  /** Id of the message of which this is an edited copy. */
  readonly original?: string;
}

/** A fact about a business key that a system states once. */
export interface Fact {
  readonly name: string;
  readonly system: SystemName;
  readonly keys: readonly string[];
  readonly fields: Fields;
  readonly cause?: Cause;
}

/** What a system believes of an entity from now on. */
export interface RecordState {
  readonly system: SystemName;
  readonly entity: string;
  readonly id: string;
  readonly keys: readonly string[];
  readonly fields: Fields;
  readonly cause?: Cause;
}

/** What a system does in answer to an arrival or a message, `afterMs` later. */
export type Effect =
  | { readonly kind: 'fact'; readonly afterMs: number; readonly fact: Fact }
  | { readonly kind: 'record'; readonly afterMs: number; readonly record: RecordState }
  | { readonly kind: 'send'; readonly afterMs: number; readonly message: Message };

/** Why an attempt failed, as a program would say it. */
export interface Failure {
  readonly type: string;
  readonly message: string;
  readonly stack: string;
  /** HTTP status, when an HTTP server answered at all. */
  readonly status?: number;
  /** True when the target could not even be reached. */
  readonly unreachable?: boolean;
}

export type Outcome = 'delivered' | 'retried' | 'dead_lettered' | 'discarded';

/**
 * How a message really travelled when not as its flow says: `http-inbox` because its broker was not there, `replay`
 * because somebody other than its sender handed it in over HTTP.
 */
export type Via = 'http-inbox' | 'replay';

/** Where a span stands: its trace and itself. */
export interface Place {
  readonly traceId: string;
  readonly spanId: string;
}

/** The timeline: everything that happened, in the order of time, with every figure fixed. */
export type Step =
  | {
      readonly kind: 'sent';
      readonly atMs: number;
      readonly durationMs: number;
      readonly message: Message;
      readonly via?: Via;
    }
  | {
      readonly kind: 'attempted';
      readonly atMs: number;
      readonly durationMs: number;
      readonly message: Message;
      readonly sentAtMs: number;
      readonly attempt: number;
      readonly outcome: Outcome;
      readonly failure?: Failure;
      readonly via?: Via;
      /** What the caller measured around an HTTP attempt, when it really took place. */
      readonly caller?: { readonly startMs: number; readonly endMs: number };
      /** The span that the trace context of a replay names. */
      readonly origin?: Place;
    }
  | { readonly kind: 'fact'; readonly atMs: number; readonly fact: Fact; readonly sequence: number }
  | { readonly kind: 'record'; readonly atMs: number; readonly record: RecordState };
