import { ErrorReply } from '@redis/client';

/** Refusals that pass by themselves or once somebody made room: memory, a failover, a server that loads or saves. */
const passing =
  /^(OOM|READONLY|LOADING|BUSY|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|NOREPLICAS|MISCONF)\b|max number of clients/;
/** Nothing works until somebody changes something. */
const final = /^(NOPERM|NOAUTH|WRONGPASS|WRONGTYPE|MOVED|CROSSSLOT)\b|unknown command|syntax error/i;

/** It can never work until somebody acts. */
export class Hopeless extends Error {}

/** The server said no, so nothing was done; undefined: no answer of the server. */
export function refusalOf(
  error: unknown,
): { readonly reason: string; readonly retryable: boolean } | undefined {
  if (!(error instanceof ErrorReply)) return undefined;
  return { reason: `Redis refuses: ${hintOf(error.message)}`, retryable: passing.test(error.message) };
}

/** True: the server said no, and waiting cannot help; also of errors that wrap what it said while it was connected to. */
export function isFinal(error: unknown): boolean {
  if (error instanceof ErrorReply) return final.test(error.message);
  return error instanceof Error && error.cause !== undefined && isFinal(error.cause);
}

export function noStream(stream: string): string {
  return `Redis has no stream ${stream}: it begins with its first entry; create it, or correct its name in the catalog.`;
}

function hintOf(message: string): string {
  if (/^WRONGTYPE/.test(message)) return `${message} The key is no stream: correct the name in the catalog.`;
  if (/^MOVED|^CROSSSLOT/.test(message))
    return `${message}. This is a cluster: give the connection the URL of the node that holds the stream.`;
  if (/unknown command|syntax error/i.test(message)) return `${message}. Redis 6.2 or later is needed.`;
  return message;
}
