import { createHash } from 'node:crypto';

/** A new secret of 256 random bits with a prefix that secret scanners can know it by. */
export function newSecret(prefix: string, randomBytes: (size: number) => Buffer): string {
  return `${prefix}_${randomBytes(32).toString('base64url')}`;
}

/** What is stored of a secret. A plain hash is enough: 256 random bits cannot be guessed, however fast the hash. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
