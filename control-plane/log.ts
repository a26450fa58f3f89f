export type LogFields = Readonly<Record<string, unknown>>;

/** One JSON line a call. Fields never hold secrets, bodies or cookies. */
export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** A log that writes lines through `write`, such as `process.stderr.write`. */
export function createLog(write: (line: string) => void, now: () => Date): Log {
  const line =
    (level: string) =>
    (message: string, fields: LogFields = {}) =>
      write(`${JSON.stringify({ time: now().toISOString(), level, msg: message, ...fields })}\n`);
  return { info: line('info'), warn: line('warn'), error: line('error') };
}

/** What to log of something thrown. */
export function describeError(thrown: unknown): { error: string; stack?: string } {
  if (!(thrown instanceof Error)) return { error: String(thrown) };
  return { error: thrown.message, ...(thrown.stack ? { stack: thrown.stack } : {}) };
}
