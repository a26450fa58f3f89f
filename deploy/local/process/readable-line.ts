import { z } from 'zod';

const lineSchema = z.looseObject({ msg: z.string() });

/** What a person reads of one line of a process's log: message and error of a JSON line, any other line as it is. */
export const readableLine = (line: string): string => {
  try {
    const parsed = lineSchema.safeParse(JSON.parse(line));
    if (parsed.success) {
      const { msg, ...rest } = parsed.data;
      const detail = rest['error'] ?? rest['reason'] ?? rest['err'];
      return typeof detail === 'string' ? `${msg}: ${detail}` : msg;
    }
  } catch {
    // Not every process writes JSON; PostgreSQL writes plain lines.
  }
  return line;
};
