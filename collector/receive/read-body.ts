import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, gunzipSync } from 'node:zlib';

export type BodyResult =
  | { readonly ok: true; readonly body: Buffer }
  | { readonly ok: false; readonly reason: 'too_large' | 'bad_gzip' | 'aborted' | 'overloaded' };

const gunzipAsync = promisify(gunzip);
/** Below this, handing the work to another thread costs more than doing it. */
const inlineGunzipBytesMax = 8 * 1024;

/** Reads a body, and unpacks it; neither form may exceed the limit. `hold` hears of every byte and may refuse it. */
export async function readBody(
  request: IncomingMessage,
  isGzip: boolean,
  bytesMax: number,
  hold: (bytes: number) => boolean,
): Promise<BodyResult> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) return { ok: false, reason: 'too_large' };
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > bytesMax) return { ok: false, reason: 'too_large' };
      if (!hold(chunk.length)) return { ok: false, reason: 'overloaded' };
      chunks.push(chunk);
    }
  } catch {
    return { ok: false, reason: 'aborted' };
  }
  const packed = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size);
  if (!isGzip) return { ok: true, body: packed };
  const unpacked = await unpack(packed, bytesMax);
  if (unpacked.ok && !hold(unpacked.body.length)) return { ok: false, reason: 'overloaded' };
  return unpacked;
}

async function unpack(packed: Buffer, bytesMax: number): Promise<BodyResult> {
  if (packed.length === 0) return { ok: true, body: packed };
  const options = { maxOutputLength: bytesMax };
  try {
    const body =
      packed.length <= inlineGunzipBytesMax
        ? gunzipSync(packed, options)
        : await gunzipAsync(packed, options);
    return { ok: true, body };
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    return { ok: false, reason: isTooLarge ? 'too_large' : 'bad_gzip' };
  }
}
