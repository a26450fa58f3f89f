import { lookup as resolveName } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Addresses that are not of the public internet: this machine, its networks, and where clouds keep their secrets. */
const inside = blockListOf([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // An address of version 4 in the clothes of version 6 is judged as what it stands for, or refused.
  '::/96',
  '::ffff:0:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '2002::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
]);

/** Which addresses may be sent to. */
export interface Reach {
  /** A sentence that says why this host, when it is an address already, may not be reached; undefined when it may. */
  readonly refuse: (host: string) => string | undefined;
  /** Resolves a name as connections do, but for answers that may not be reached: what is checked is what is used. */
  readonly lookup: LookupFunction;
}

/** Reaches the public internet, and of the rest what the operator allows. @param allowed networks, as `10.2.0.0/16` */
export function createReach(allowed: readonly string[]): Reach {
  const exceptions = blockListOf(allowed);
  const refuse = (address: string): string | undefined => {
    const plain = address.replace(/^\[|\]$/g, '').replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
    const family = familyOf(plain);
    if (!family || !inside.check(plain, family) || exceptions.check(plain, family)) return undefined;
    return `${plain} is inside this network: add its network to PLUMBLINE_NOTIFY_NETWORKS to send there.`;
  };
  return {
    refuse,
    lookup: (host, options, callback) => {
      resolveName(host, { ...options, all: true }, (error, addresses) => {
        if (error) return callback(error, []);
        const reachable = addresses.filter(({ address }) => refuse(address) === undefined);
        const first = reachable[0];
        if (!first) {
          const reason = addresses.map(({ address }) => refuse(address)).join(' ');
          return callback(new Error(`${host} has no address that may be reached. ${reason}`), []);
        }
        if (options.all) callback(null, reachable);
        else callback(null, first.address, first.family);
      });
    },
  };
}

/** One address of a host that may be reached. @throws Error that says why there is none */
export async function lookupAddress(reach: Reach, host: string): Promise<string> {
  const refusal = reach.refuse(host);
  if (refusal) throw new Error(refusal);
  return new Promise((resolve, reject) => {
    reach.lookup(host, { all: false }, (error, address) => {
      if (error) reject(error);
      else resolve(typeof address === 'string' ? address : (address[0]?.address ?? ''));
    });
  });
}

/** @throws Error that names the network that is none */
function blockListOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = familyOf(address);
    const prefix = bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits);
    if (!family || !Number.isInteger(prefix) || prefix < 0 || prefix > (family === 'ipv6' ? 128 : 32)) {
      throw new Error(
        `"${network}" is no network: write an address and the bits of its prefix, as 10.2.0.0/16.`,
      );
    }
    list.addSubnet(address, prefix, family);
  }
  return list;
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address);
  if (version === 0) return undefined;
  return version === 4 ? 'ipv4' : 'ipv6';
}
