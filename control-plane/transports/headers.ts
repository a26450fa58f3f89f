import type { Header, Outgoing } from './port.ts';

/** The first header with one of these names, in the order of the names; header names are compared in any case. */
export function firstHeader(headers: readonly Header[], names: readonly string[]): Buffer | undefined {
  return pick(headers, names, (matches) => matches[0]);
}

/** The last one: what died twice carries what happened most recently behind what happened before. */
export function lastHeader(headers: readonly Header[], names: readonly string[]): Buffer | undefined {
  return pick(headers, names, (matches) => matches.at(-1));
}

/**
 * Headers of a send over a transport that has no field of its own for the message id and the content type: both
 * stand in headers, `message-id` always and once, `content-type` when nothing says it yet.
 */
export function withIdentity(outgoing: Outgoing): Header[] {
  const named = outgoing.headers.filter(([name]) => sameName(name, 'message-id'));
  const kept = named.length === 1 && named[0]?.[1].toString() === outgoing.messageId;
  const headers = kept
    ? [...outgoing.headers]
    : [
        ...outgoing.headers.filter(([name]) => !sameName(name, 'message-id')),
        header('message-id', outgoing.messageId),
      ];
  const says = headers.some(([name]) => sameName(name, 'content-type') || sameName(name, 'contentType'));
  if (outgoing.contentType !== null && !says) headers.push(header('content-type', outgoing.contentType));
  return headers;
}

function header(name: string, value: string): Header {
  return [name, Buffer.from(value)];
}

function pick(
  headers: readonly Header[],
  names: readonly string[],
  choose: (matches: readonly Header[]) => Header | undefined,
): Buffer | undefined {
  for (const name of names) {
    const found = choose(headers.filter(([other]) => sameName(other, name)));
    if (found) return found[1];
  }
  return undefined;
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
