import type { Context } from '../../context.ts';
import { digestOf, itemsMax } from './check.ts';
import { readActs, readCertified, readChunkHashes, readLedger, readSpan } from './queries.ts';
import type { Certificate, SealedCertificate } from './schemas.ts';
import { signDigest } from './sign.ts';
import { findReplay, type DetailRow } from '../queries.ts';
import { noSuchReplay, summarize } from '../read-replay.ts';

/**
 * What can be shown to whoever asks later: who wanted what, who allowed it, what exactly was sent, and what became of every
 * message, with a digest over all of it, signed. @throws Problem not_found
 */
export async function certify(context: Context, id: string): Promise<SealedCertificate> {
  const { postgres } = context;
  const row = await findReplay(postgres, id);
  if (!row) throw noSuchReplay();
  const onlyOpen = row.counts.items > itemsMax;
  const [chunks, ledger, span, audit, items] = await Promise.all([
    readChunkHashes(postgres, id),
    readLedger(postgres, id),
    readSpan(postgres, id),
    readActs(postgres, id),
    readCertified(postgres, id, { onlyOpen, from: 0, limit: itemsMax }),
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
  const sha256 = digestOf(certificate);
  return { certificate, sha256, signature: await signDigest(postgres, sha256, context.now()) };
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
