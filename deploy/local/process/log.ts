type Fields = Record<string, string | number | boolean | undefined>;

export type Log = Record<'info' | 'warn' | 'error', (msg: string, fields?: Fields) => void>;

/** One JSON object a line to stderr: time, level, process, msg and the given fields. */
export const createLog = (name: string, now: () => Date): Log => {
  const write =
    (level: keyof Log) =>
    (msg: string, fields: Fields = {}) => {
      process.stderr.write(
        `${JSON.stringify({ time: now().toISOString(), level, process: name, msg, ...fields })}\n`,
      );
    };
  return { info: write('info'), warn: write('warn'), error: write('error') };
};
