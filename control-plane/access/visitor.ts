import { getConnInfo } from '@hono/node-server/conninfo';
import type { AppContext } from '../router.ts';
import type { Visitor } from './sessions.ts';

/** Where a request comes from. The console, on the same machine, says whom it speaks for; nobody else is believed. */
export function visitorOf(c: AppContext): Visitor {
  const peer = peerAddress(c);
  const forwarded = isLoopback(peer) ? c.req.header('x-forwarded-for')?.split(',')[0]?.trim() : undefined;
  return { address: forwarded || peer, userAgent: c.req.header('user-agent') ?? '' };
}

function peerAddress(c: AppContext): string {
  try {
    return getConnInfo(c).remote.address ?? 'unknown';
  } catch {
    // A request that was made in process, without a connection.
    return 'unknown';
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}
