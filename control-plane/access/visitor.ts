import { BlockList, isIP } from 'node:net';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from '../context.ts';
import type { AppContext } from '../router.ts';
import { sessionSecretOf } from './authenticate.ts';
import type { Visitor } from './sessions.ts';

/** Where a request comes from and what it carries. Only the machine itself and trusted proxies may speak for others. */
export function visitorOf(c: AppContext, { config }: Context): Visitor {
  const trusted = trustedOf(config.trustedProxies);
  return {
    address: clientAddress(peerAddress(c), c.req.header('x-forwarded-for') ?? '', trusted),
    userAgent: c.req.header('user-agent') ?? '',
    secret: sessionSecretOf(c.req.raw.headers),
  };
}

/** The nearest address, from the connection backwards through the proxies, that is not itself a trusted proxy. */
export function clientAddress(peer: string, forwardedFor: string, trusted: BlockList): string {
  const hops = [...forwardedFor.split(','), peer].map((hop) => plain(hop.trim()));
  let client = plain(peer);
  for (const hop of hops.reverse()) {
    if (!isIP(hop)) break;
    client = hop;
    if (!trusted.check(hop, isIP(hop) === 6 ? 'ipv6' : 'ipv4')) break;
  }
  return client;
}

/** This machine, and the given addresses or networks in CIDR form. */
export function trustedOf(proxies: readonly string[]): BlockList {
  const list = new BlockList();
  for (const proxy of ['127.0.0.0/8', '::1/128', ...proxies]) {
    const [address = '', bits] = proxy.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    list.addSubnet(address, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family);
  }
  return list;
}

/** An IPv4 address that came over an IPv6 socket is the same address. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

function peerAddress(c: AppContext): string {
  try {
    return getConnInfo(c).remote.address ?? 'unknown';
  } catch {
    // A request that was made in process, without a connection.
    return 'unknown';
  }
}
