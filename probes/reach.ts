import { lookup as lookupOfSystem } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Which addresses a probe may reach: a catalog must not be able to read what a cloud tells only its own machines. */
export interface Reach {
  /** For `net.connect` and the like: resolves a name and refuses it when any of its addresses is closed. */
  readonly lookup: LookupFunction;
  /** A host that is an address is never looked up. @throws Error with a sentence */
  refuseAddress(host: string): void;
}

/** Link-local addresses, where clouds serve metadata and credentials, and the few such services elsewhere. */
const closed: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[] = [
  ['169.254.0.0', 16, 'ipv4'],
  ['100.100.100.200', 32, 'ipv4'],
  ['168.63.129.16', 32, 'ipv4'],
  ['fe80::', 10, 'ipv6'],
  ['fd00:ec2::254', 128, 'ipv6'],
];

/** @param allowed addresses that may be reached although they are closed */
export function createReach(allowed: readonly string[]): Reach {
  const list = new BlockList();
  for (const [net, prefix, family] of closed) list.addSubnet(net, prefix, family);
  const isClosed = (address: string): boolean => {
    const plain = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
    const version = isIP(plain);
    if (version === 0 || allowed.includes(plain)) return false;
    // An IPv4 address that is written as IPv6 is checked as what it is.
    return list.check(plain, version === 4 ? 'ipv4' : 'ipv6');
  };
  const refusal = (address: string): Error =>
    new Error(
      `${address} is an address of machine metadata, which probes do not reach; PLUMBLINE_PROBES_ALLOW_ADDRESSES can allow it.`,
    );
  return {
    refuseAddress(host) {
      if (isClosed(host)) throw refusal(host);
    },
    lookup: (host, options, done) => {
      lookupOfSystem(host, { ...options, all: true }, (error, addresses) => {
        if (error) return done(error, []);
        const refused = addresses.find(({ address }) => isClosed(address));
        if (refused) return done(refusal(`${host} (${refused.address})`), []);
        const [first] = addresses;
        if (options.all || first === undefined) return done(null, addresses);
        return done(null, first.address, first.family);
      });
    },
  };
}
