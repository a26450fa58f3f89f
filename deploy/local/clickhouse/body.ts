import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { failure } from './engine-error.ts';

/** Reads a body piece by piece; `rest` continues where `head` stopped. */
export type BodyReader = {
  /** The first bytes, at least `bytesMin` of them unless the body ends before. */
  head: (bytesMin: number) => Promise<Buffer>;
  isComplete: () => boolean;
  rest: () => AsyncGenerator<Buffer>;
};

const unreadable = (thrown: unknown): Error =>
  failure(
    33,
    'CANNOT_READ_ALL_DATA',
    `Cannot read the body of the request: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
  );

export const readBody = (body: Readable): BodyReader => {
  const source = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let complete = false;
  const next = async (): Promise<Buffer | undefined> => {
    try {
      const step = await source.next();
      if (step.done !== true) return step.value;
    } catch (thrown) {
      throw unreadable(thrown);
    }
    complete = true;
    return undefined;
  };
  return {
    head: async (bytesMin) => {
      const parts: Buffer[] = [];
      let size = 0;
      while (size < bytesMin && !complete) {
        const part = await next();
        if (part === undefined) break;
        parts.push(part);
        size += part.length;
      }
      return Buffer.concat(parts);
    },
    isComplete: () => complete,
    rest: async function* () {
      for (let part = await next(); part !== undefined; part = await next()) yield part;
    },
  };
};

/** `head` and the rest of a body in one piece; refused above `bytesMax`. */
export const readAll = async (head: Buffer, body: BodyReader, bytesMax: number): Promise<Buffer> => {
  const parts = [head];
  let size = head.length;
  for await (const part of body.rest()) {
    size += part.length;
    if (size > bytesMax)
      throw failure(
        62,
        'SYNTAX_ERROR',
        `The query is larger than ${bytesMax} bytes; send data in a format of its own, such as JSONEachRow or Native.`,
      );
    parts.push(part);
  }
  return Buffer.concat(parts);
};

/** Writes `head` and the rest of a body to a file, at the pace of the disk; answers the number of bytes. */
export const spoolToFile = async (
  file: string,
  head: Buffer,
  body: BodyReader,
  bytesMax: number,
): Promise<number> => {
  const output = createWriteStream(file, { flags: 'wx', mode: 0o600 });
  const done = finished(output);
  done.catch(() => undefined);
  let size = 0;
  const write = async (part: Buffer): Promise<void> => {
    size += part.length;
    if (size > bytesMax) {
      throw failure(
        307,
        'TOO_MANY_BYTES',
        `The body of this INSERT is larger than ${bytesMax} bytes: send it in parts, or raise PLUMBLINE_CLICKHOUSE_INSERT_MAX_MB.`,
      );
    }
    if (!output.write(part)) await Promise.race([once(output, 'drain'), done]);
  };
  try {
    if (head.length > 0) await write(head);
    for await (const part of body.rest()) await write(part);
  } catch (thrown) {
    output.destroy();
    throw thrown;
  }
  output.end();
  await done;
  return size;
};
