import { createHash } from 'node:crypto';
import { canonicalJson } from '@plumbline/model/catalog/compile-catalog.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { readActs, readCertified, readChunkHashes, readLedger, readSpan } from './certificate-queries.ts';
import type { Certificate, SealedCertificate } from './certificate-schema.ts';
import { findReplay, type DetailRow } from './queries.ts';
import { summarize } from './read-replay.ts';

const itemsMax = 1000;

/**
 * What can be shown to whoever asks later: who wanted what, who allowed it, what exactly was sent, and what became of every
 * message, with a digest over all of it. @throws Problem not_found
 */
export async function certify(context: Context, id: string): Promise<SealedCertificate> {
  const { postgres } = context;
  const row = await findReplay(postgres, id);
  if (!row)
    throw new Problem(
      'not_found',
      'There is no such replay. A preview that nobody started is gone after a day.',
    );
  const onlyOpen = row.counts.items > itemsMax;
  const [chunks, ledger, span, audit, items] = await Promise.all([
    readChunkHashes(postgres, id),
    readLedger(postgres, id),
    readSpan(postgres, id),
    readActs(postgres, id),
    readCertified(postgres, id, { onlyOpen, limit: itemsMax }),
  ]);
  const { requestedBy, decidedBy, counts, flowTitle, state, startedAt, finishedAt } = summarize(context, row);
  const certificate: Certificate = {
    format: 'plumbline-replay-certificate/1',
    asOf: context.now().toISOString(),
    replay: {
      id,
      flow: row.flow,
      flowTitle,
      state,
      reason: row.reason,
      haltedWhy: row.haltedWhy,
      isFinal: isFinal(row),
    },
    requestedBy,
    decidedBy,
    needsApproval: row.needsApproval,
    approval: { sha256: row.approvalHash, approvedSha256: row.approvedHash, binds: boundBy(row) },
    manifest: { sha256: row.manifestHash, messages: counts.items, chunks, filter: row.filter },
    startedAt,
    finishedAt,
    ...span,
    counts,
    ledger,
    items,
    itemsAre: onlyOpen ? (items.length < itemsMax ? 'not_confirmed' : 'first_not_confirmed') : 'all',
    audit,
  };
  return { certificate, sha256: digestOf(certificate) };
}

/** Digest of a certificate: SHA-256 of its canonical JSON, hexadecimal. Pure. */
export function digestOf(certificate: unknown): string {
  return createHash('sha256').update(canonicalJson(certificate)).digest('hex');
}

/** What is wrong with a certificate by its own data, in sentences; empty: nothing. Pure, for whoever was handed one. */
export function faultsOf({ certificate, sha256 }: SealedCertificate): string[] {
  const { approval, manifest, counts, items, itemsAre } = certificate;
  const chunks = createHash('sha256');
  for (const chunk of manifest.chunks) chunks.update(Buffer.from(chunk, 'hex'));
  const { confirmed, refailed, skipped, unknown, cancelled, pending } = counts;
  const frozen = createHash('sha256');
  for (const { deadLetterId, payloadSha256 } of items)
    frozen.update(Buffer.from(deadLetterId.replaceAll('-', '') + payloadSha256, 'hex'));
  const isWhole = itemsAre === 'all' && items.length <= itemsMax;
  return [
    ...(digestOf(certificate) === sha256 ? [] : ['the certificate is not what its digest is of']),
    ...(digestOf(approval.binds) === approval.sha256
      ? []
      : ['what is bound is not what the approval hash is of']),
    ...(approval.binds.manifest === manifest.sha256 ? [] : ['the approval is of another manifest']),
    ...(approval.approvedSha256 === null || approval.approvedSha256 === approval.sha256
      ? []
      : ['what was approved is not what is bound']),
    ...(chunks.digest('hex') === manifest.sha256 ? [] : ['the chunks are not those of the manifest']),
    ...(!isWhole || frozen.digest('hex') === manifest.chunks[0]
      ? []
      : ['the messages are not those of the manifest']),
    ...(confirmed + refailed + skipped + unknown + cancelled + pending === manifest.messages
      ? []
      : ['the outcomes do not add up to the messages']),
  ];
}

function isFinal({ state, counts }: DetailRow): boolean {
  const isOver = state === 'finished' || state === 'cancelled' || state === 'rejected';
  return isOver && counts.pending === 0 && counts.unknown === 0;
}

function boundBy(row: DetailRow): Certificate['approval']['binds'] {
  const { flow, connection, destination, perSecond, stages, haltRatio, serial, patch, force } = row;
  const isForced = force.superseded || force.quarantined || force.reason !== '';
  return {
    flow,
    manifest: row.manifestHash,
    connection,
    destination,
    perSecond,
    stages,
    haltRatio,
    serial,
    patch,
    force: isForced ? force : null,
    scheduledFor: row.scheduledFor,
  };
}
