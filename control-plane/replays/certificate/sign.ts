import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { execute, query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { fingerprintOf } from './check.ts';
import type { CertificateKey } from './schemas.ts';

const purpose = 'replay-certificate';
const KeyRow = z.object({ id: z.string(), publicKey: z.string(), privateKey: z.string() });
type KeyRow = z.output<typeof KeyRow>;

/**
 * The key of this installation, made when it is first asked for. It lies in the database, so that all control planes sign alike:
 * whoever may read the database could forge the rows that a certificate is made of as well.
 */
async function keyOf(on: Executor, now: Date): Promise<KeyRow> {
  const found = await findKey(on);
  if (found) return found;
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  // Of two who make one at once, one stays.
  await execute(
    on,
    `INSERT INTO signing_keys (purpose, id, public_pem, private_pem, made_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
    [purpose, fingerprintOf(publicPem), publicPem, privatePem, now],
  );
  const kept = await findKey(on);
  if (!kept) throw new Error('a key that was stored is gone');
  return kept;
}

async function findKey(on: Executor): Promise<KeyRow | undefined> {
  const [row] = await query(on, {
    name: 'signing_keys.find',
    sql: `SELECT id, public_pem AS "publicKey", private_pem AS "privateKey" FROM signing_keys WHERE purpose = $1 LIMIT 1`,
    params: [purpose],
    schema: KeyRow,
  });
  return row;
}

/** Signs a digest (hexadecimal) by Ed25519, RFC 8032, over its 32 bytes. */
export async function signDigest(on: Executor, sha256: string, now: Date) {
  const { id, publicKey, privateKey } = await keyOf(on, now);
  const value = sign(null, Buffer.from(sha256, 'hex'), createPrivateKey(privateKey)).toString('base64');
  return { algorithm: 'ed25519' as const, keyId: id, publicKey, value };
}

/** The public half, for whoever verifies certificates of this installation. */
export async function readPublicKey(on: Executor, now: Date): Promise<CertificateKey> {
  const { id, publicKey } = await keyOf(on, now);
  return { algorithm: 'ed25519', keyId: id, publicKey };
}
