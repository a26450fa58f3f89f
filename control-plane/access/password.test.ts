import { randomBytes, scryptSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { fitsPassword, hashPassword } from './password.ts';

test('a password fits its own hash and no other does, whatever way its letters are composed', async () => {
  const hash = await hashPassword('Caf\u00e9 au lait', randomBytes(16));
  expect(hash).toMatch(/^scrypt\$131072\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
  expect(await fitsPassword('Cafe\u0301 au lait', hash)).toBe(true);
  expect(await fitsPassword('Cafe au lait', hash)).toBe(false);
});

test('the salt makes equal passwords differ', async () => {
  const hashes = await Promise.all([1, 2].map(() => hashPassword('the same password', randomBytes(16))));
  expect(hashes[0]).not.toBe(hashes[1]);
});

/** A hash that costs next to nothing. */
function cheapHash(password: string): string {
  const salt = randomBytes(16);
  const key = scryptSync(password, salt, 32, { N: 1024, r: 8, p: 1 });
  return ['scrypt', 1024, 8, 1, salt.toString('base64url'), key.toString('base64url')].join('$');
}

test('a hash of another cost still fits', async () => {
  expect(await fitsPassword('old password', cheapHash('old password'))).toBe(true);
  expect(await fitsPassword('new password', cheapHash('old password'))).toBe(false);
});

test('nothing fits where there is no hash, or a broken one', async () => {
  expect(await fitsPassword('', null)).toBe(false);
  expect(await fitsPassword('x', 'scrypt$131072$8$1$$')).toBe(false);
  expect(await fitsPassword('x', 'plain$x')).toBe(false);
});

test('more at once than can wait are sent away at once, and the others are served', async () => {
  const hash = cheapHash('the password');
  const tries = await Promise.allSettled(
    Array.from({ length: 45 }, () => fitsPassword('the password', hash)),
  );
  const refused = tries.filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(3);
  expect(tries.filter((one) => one.status === 'fulfilled' && one.value)).toHaveLength(42);
});
