/** A broker that a test started, or one that was named to it. */
export interface Broker {
  readonly url: string;
  /** Only of a broker that the test started: ends it with SIGKILL, and starts it again over the same files. */
  readonly ownProcess: { kill(): Promise<void>; start(): Promise<void> } | null;
  close(): Promise<void>;
}
