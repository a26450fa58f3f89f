import { scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import { Problem } from '../problem.ts';

/** OWASP's scrypt parameters for 2^17 × 8 × 1: about 128 MB and a few tenths of a second. */
const cost = { N: 2 ** 17, r: 8, p: 1 };
const memoryBytesMax = 256 * 1024 * 1024;
const keyBytes = 32;

/** At most so many at once, so that a burst of sign-ins cannot take all the memory; and so many wait for their turn. */
const atOnceMax = 2;
const waitingMax = 40;
let running = 0;
const waiting: (() => void)[] = [];

interface StoredPassword {
  readonly cost: typeof cost;
  readonly salt: Buffer;
  readonly key: Buffer;
}

/** Hash of a password as `scrypt$N$r$p$salt$key`, salt and key in base64url. */
export async function hashPassword(password: string, salt: Buffer): Promise<string> {
  const key = await derive(password, salt, cost);
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/** Whether the password fits the hash. Takes as long for an unknown account (no hash) as for a wrong password. */
export async function fitsPassword(password: string, hash: string | null): Promise<boolean> {
  const stored = hash === null ? undefined : parseHash(hash);
  const {
    salt,
    key,
    cost: storedCost,
  } = stored ?? { salt: Buffer.alloc(16), key: Buffer.alloc(keyBytes), cost };
  const derived = await derive(password, salt, storedCost);
  return timingSafeEqual(derived, key) && stored !== undefined;
}

/** The cost is the one of the day the password was chosen, so that a higher one later does not lock anybody out. */
function parseHash(hash: string): StoredPassword | undefined {
  const [scheme, N, r, p, salt = '', key = ''] = hash.split('$');
  const stored = {
    cost: { N: Number(N), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64url'),
    key: Buffer.from(key, 'base64url'),
  };
  return scheme === 'scrypt' && stored.key.length === keyBytes ? stored : undefined;
}

async function derive(password: string, salt: Buffer, { N, r, p }: typeof cost): Promise<Buffer> {
  await takeTurn();
  const options: ScryptOptions = { N, r, p, maxmem: memoryBytesMax };
  try {
    return await new Promise((resolve, reject) => {
      scrypt(password.normalize('NFKC'), salt, keyBytes, options, (error, key) =>
        error ? reject(error) : resolve(key),
      );
    });
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}

/** @throws Problem busy when too many wait already. */
async function takeTurn(): Promise<void> {
  if (running >= atOnceMax && waiting.length >= waitingMax) {
    throw new Problem('busy', 'Too many people sign in at this moment. Try again in a few seconds.', {
      headers: { 'retry-after': '10' },
    });
  }
  while (running >= atOnceMax) await new Promise<void>((resolve) => waiting.push(resolve));
  running += 1;
}
