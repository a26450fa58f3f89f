import { createHash } from 'node:crypto';
import type { Payload } from '../transports/port.ts';
import { encodeHeaders } from './headers.ts';

/**
 * SHA-256 over body, key and headers. No body is not an empty body. Headers in which one death differs from the
 * next of the same message (`volatile`, in lower case) stay out of it.
 */
export function payloadHash(payload: Payload, volatile: ReadonlySet<string> = new Set()): Buffer {
  const hash = createHash('sha256');
  for (const part of [payload.body, payload.key]) {
    hash.update(part === null ? 'none' : `some ${part.length} `);
    if (part !== null) hash.update(part);
  }
  hash.update(encodeHeaders(payload.headers.filter(([name]) => !volatile.has(name.toLowerCase()))));
  return hash.digest();
}
