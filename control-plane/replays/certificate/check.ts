import { createHash, createPublicKey, verify } from 'node:crypto';
import { canonicalJson } from '@plumbline/model/catalog/compile-catalog.ts';
import { chunkSize } from '../freeze.ts';
import type { Certificate, CertifiedItem, SealedCertificate } from './schemas.ts';

/** Messages that a certificate names itself; the export names all of them. */
export const itemsMax = 1000;

/** Digest of a certificate: SHA-256 of its canonical JSON, hexadecimal. Pure. */
export function digestOf(certificate: unknown): string {
  return createHash('sha256').update(canonicalJson(certificate)).digest('hex');
}

/** What is wrong with a certificate by its own data, in sentences; empty: nothing. Pure, for whoever was handed one. */
export function faultsOf({ certificate, sha256, signature }: SealedCertificate): string[] {
  const { approval, manifest, counts, items, itemsAre } = certificate;
  const chunks = createHash('sha256');
  for (const chunk of manifest.chunks) chunks.update(Buffer.from(chunk, 'hex'));
  const { confirmed, refailed, skipped, unknown, cancelled, pending } = counts;
  const isWhole = itemsAre === 'all' && items.length <= itemsMax;
  return [
    ...(digestOf(certificate) === sha256 ? [] : ['the certificate is not what its digest is of']),
    ...(isSigned(sha256, signature)
      ? []
      : ['the signature is not of this digest, or not by the key it names']),
    ...(digestOf(approval.binds) === approval.sha256
      ? []
      : ['what is bound is not what the approval hash is of']),
    ...(approval.binds.manifest === manifest.sha256 ? [] : ['the approval is of another manifest']),
    ...(approval.approvedSha256 === null || approval.approvedSha256 === approval.sha256
      ? []
      : ['what was approved is not what is bound']),
    ...(chunks.digest('hex') === manifest.sha256 ? [] : ['the chunks are not those of the manifest']),
    ...(!isWhole || chunkHash(items) === manifest.chunks[0]
      ? []
      : ['the messages are not those of the manifest']),
    ...(confirmed + refailed + skipped + unknown + cancelled + pending === manifest.messages
      ? []
      : ['the outcomes do not add up to the messages']),
  ];
}

function isSigned(sha256: string, { keyId, publicKey, value }: SealedCertificate['signature']): boolean {
  try {
    const isNamed = fingerprintOf(publicKey) === keyId;
    return isNamed && verify(null, Buffer.from(sha256, 'hex'), publicKey, Buffer.from(value, 'base64'));
  } catch {
    return false;
  }
}

/** SHA-256 of a public key (SubjectPublicKeyInfo, DER), hexadecimal: what people compare. Pure. */
export function fingerprintOf(publicPem: string): string {
  const der = createPublicKey(publicPem).export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('hex');
}

/** Hash of one chunk of a manifest, as it is made of its rows when it is frozen. */
function chunkHash(items: readonly CertifiedItem[]): string {
  const hash = createHash('sha256');
  for (const { deadLetterId, payloadSha256 } of items)
    hash.update(Buffer.from(deadLetterId.replaceAll('-', '') + payloadSha256, 'hex'));
  return hash.digest('hex');
}

/** What is wrong with the exported messages of a certified replay: they must be its manifest, and its ledger. Pure. */
export function faultsOfItems({ manifest, ledger }: Certificate, items: readonly CertifiedItem[]): string[] {
  const chunks: string[] = [];
  for (let from = 0; from < items.length; from += chunkSize)
    chunks.push(chunkHash(items.slice(from, from + chunkSize)));
  const touched = items.filter(
    ({ state, settledAt }) => !(state === 'pending' || (state === 'cancelled' && settledAt === null)),
  );
  const lines = createHash('sha256');
  for (const item of touched) lines.update(`${ledgerLine(item)}\n`);
  return [
    ...(items.length === manifest.messages
      ? []
      : [`${items.length} messages are listed, and the manifest has ${manifest.messages}`]),
    ...(chunks.join() === manifest.chunks.join()
      ? []
      : ['the messages listed are not those of the manifest']),
    ...(touched.length === ledger.rows && lines.digest('hex') === ledger.sha256
      ? []
      : ['the outcomes listed are not those of the ledger']),
  ];
}

function ledgerLine(item: CertifiedItem): string {
  const { position, deadLetterId, generation, state, messageId, proof, traceId, spanId } = item;
  return [position, deadLetterId, generation, state, messageId, proof, traceId, spanId]
    .map((one) => one ?? '')
    .join('\t');
}
