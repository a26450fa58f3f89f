export type Severity = 'page' | 'ticket';

/** What people are told of one alert. */
export interface Notification {
  /** Unique to this notification, and the same again when it is sent again. */
  readonly id: string;
  /** The identity of the alert, the same in its trigger, its updates and its resolve; at most 255 characters. */
  readonly key: string;
  readonly action: 'trigger' | 'update' | 'resolve';
  readonly severity: Severity;
  /** One line that stands alone on a locked phone. */
  readonly title: string;
  /** What happens and since when, in whole sentences. */
  readonly summary: string;
  /** Of what it tells, not of the sending. */
  readonly at: Date;
  /** The first bad event of the run that the alert stands for. */
  readonly startedAt: Date;
  /** Shown as a table: flow, messages, value at risk. */
  readonly facts: readonly Fact[];
  /** The alert's page first. */
  readonly links: readonly Link[];
}

export interface Fact {
  readonly name: string;
  readonly value: string;
}

export interface Link {
  readonly title: string;
  readonly href: string;
}

/** What went out and what came back, with secrets as dots: what a test message shows. */
export interface Exchange {
  readonly request: string;
  readonly answer: string;
}

/** What became of one attempt to deliver a notification. */
export type Delivery =
  | { readonly kind: 'delivered'; readonly exchange: Exchange }
  /** Another attempt may succeed. `mayHaveArrived`: it went out and no answer came. */
  | {
      readonly kind: 'failed';
      readonly reason: string;
      readonly exchange: Exchange;
      /** How long the provider wants to be left alone, in milliseconds. */
      readonly waitMs?: number;
      readonly mayHaveArrived: boolean;
    }
  /** It will never be taken as it stands: a person has to mend the channel's settings. */
  | { readonly kind: 'refused'; readonly reason: string; readonly exchange: Exchange }
  /** The receiver says that it is gone for good (410): nothing may be sent there again. */
  | { readonly kind: 'gone'; readonly reason: string; readonly exchange: Exchange };

/** One way to reach people. */
export interface Channel {
  /** Sending the same notification again changes nothing at the receiver. */
  readonly isIdempotent: boolean;
  /** Never rejects. @param mayBeDouble it was sent before without an answer; where the receiver cannot tell, it says so */
  readonly deliver: (
    notification: Notification,
    mayBeDouble: boolean,
    signal: AbortSignal,
  ) => Promise<Delivery>;
}
