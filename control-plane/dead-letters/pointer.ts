import { isTooDeep } from './nesting.ts';

const jsonBytesMax = 4_000_000;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The body as JSON; undefined when it is absent, too large, too deep, or not JSON. */
export function parseJson(body: Buffer | null): unknown {
  if (body === null || body.length === 0 || body.length > jsonBytesMax) return undefined;
  try {
    const value = JSON.parse(utf8.decode(body)) as unknown;
    return isTooDeep(value) ? undefined : value;
  } catch {
    return undefined;
  }
}

/** What an RFC 6901 pointer names; undefined when there is nothing. */
export function valueAt(document: unknown, pointer: string): unknown {
  let value = document;
  for (const step of pointer.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
