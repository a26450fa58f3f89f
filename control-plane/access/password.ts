import { scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';

/** OWASP's scrypt parameters for 2^17 × 8 × 1: about 128 MB and a few tenths of a second. */
const cost: ScryptOptions = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 };
const keyBytes = 32;

/** At most so many at once, so that a burst of sign-ins cannot take all the memory. */
const atOnceMax = 2;
let running = 0;
const waiting: (() => void)[] = [];

/** Hash of a password as `scrypt$N$r$p$salt$key`, salt and key in base64url. */
export async function hashPassword(password: string, salt: Buffer): Promise<string> {
  const key = await derive(password, salt);
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/** Whether the password fits the hash. Takes as long for an unknown account (no hash) as for a wrong password. */
export async function fitsPassword(password: string, hash: string | null): Promise<boolean> {
  const [, , , , salt = '', key = ''] = (hash ?? '').split('$');
  const derived = await derive(password, salt ? Buffer.from(salt, 'base64url') : Buffer.alloc(16));
  const expected = key ? Buffer.from(key, 'base64url') : Buffer.alloc(keyBytes);
  return timingSafeEqual(derived, expected) && hash !== null;
}

async function derive(password: string, salt: Buffer): Promise<Buffer> {
  if (running >= atOnceMax) await new Promise<void>((resolve) => waiting.push(resolve));
  running += 1;
  try {
    return await new Promise((resolve, reject) => {
      scrypt(password.normalize('NFKC'), salt, keyBytes, cost, (error, key) =>
        error ? reject(error) : resolve(key),
      );
    });
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}
