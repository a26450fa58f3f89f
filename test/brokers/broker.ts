/** A broker that a test started, or one that was named to it. */
export interface Broker {
  readonly url: string;
  /** Only of a broker that the test started. */
  readonly ownProcess: OwnProcess | null;
  close(): Promise<void>;
}

export interface OwnProcess {
  /** Ends it with SIGKILL, also while it hangs. */
  kill(): Promise<void>;
  /** Starts it again over the same files. */
  start(): Promise<void>;
  /** Lets it hang: it takes bytes and answers nothing. */
  hang(): void;
}
