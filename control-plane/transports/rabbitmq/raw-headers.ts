import type { Channel, ChannelModel } from 'amqplib';
import { z } from 'zod';

/** Frames: type, channel and size, then the payload, then one closing byte. */
const frameHeadBytes = 7;
const headerFrame = 2;
/** Class, weight and size of the body, before the flags that say which properties follow. */
const beforeFlagsBytes = 12;
const hasContentType = 0x8000;
const hasContentEncoding = 0x4000;
const hasHeaders = 0x2000;

const AsConnection = z.object({
  rest: z.instanceof(Buffer),
  stream: z.custom<{ read(size?: number): Buffer | null }>(
    (stream) => typeof (stream as { read?: unknown } | null)?.read === 'function',
  ),
});
const AsChannel = z.object({ ch: z.int().positive() });

/** Tables of headers as they stood on the wire, which amqplib decodes without keeping types and bytes. */
export interface RawHeaders {
  /** From now on keeps the tables of what this channel is delivered; each must be taken once, in order. */
  listen(channel: Channel): { readonly next: () => Buffer; readonly end: () => void };
}

const taps = new WeakMap<ChannelModel, RawHeaders>();

/** Reads along what a connection reads. @throws Error when amqplib is built otherwise than this knows */
export function rawHeadersOf(model: ChannelModel): RawHeaders {
  const known = taps.get(model);
  if (known) return known;
  const connection = AsConnection.safeParse(model.connection);
  if (!connection.success)
    throw new Error('amqplib is built otherwise than the version that this was written for: pin 2.3.');
  const { stream, rest } = connection.data;
  const waiting = new Map<number, Buffer[]>();
  const take = readFrames(Buffer.from(rest), (channel, payload) =>
    waiting.get(channel)?.push(tableOf(payload)),
  );
  const read = stream.read.bind(stream);
  stream.read = (size?: number) => {
    const chunk = read(size);
    if (chunk) take(chunk);
    return chunk;
  };
  const tap: RawHeaders = {
    listen(channel) {
      const { ch } = AsChannel.parse(channel);
      const tables: Buffer[] = [];
      waiting.set(ch, tables);
      return {
        next() {
          const table = tables.shift();
          if (!table) throw new Error('The headers of a message were not seen before it.');
          return table;
        },
        end() {
          if (waiting.get(ch) === tables) waiting.delete(ch);
        },
      };
    },
  };
  taps.set(model, tap);
  return tap;
}

/** Tells of every header frame in what is read, chunk by chunk. */
export function readFrames(
  first: Buffer,
  told: (channel: number, payload: Buffer) => void,
): (chunk: Buffer) => void {
  let rest: Buffer = first;
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= frameHeadBytes) {
      const end = frameHeadBytes + rest.readUInt32BE(3);
      if (rest.length <= end) return;
      if (rest[0] === headerFrame) told(rest.readUInt16BE(1), rest.subarray(frameHeadBytes, end));
      rest = rest.subarray(end + 1);
    }
  };
}

/** The table of headers in the payload of a header frame, without its length; empty: the message has none. */
export function tableOf(payload: Buffer): Buffer {
  const flags = payload.readUInt16BE(beforeFlagsBytes);
  if (!(flags & hasHeaders)) return Buffer.alloc(0);
  let at = beforeFlagsBytes + 2;
  for (const flag of [hasContentType, hasContentEncoding]) if (flags & flag) at += 1 + payload.readUInt8(at);
  return Buffer.from(payload.subarray(at + 4, at + 4 + payload.readUInt32BE(at)));
}
