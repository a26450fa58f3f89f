import { z } from '@hono/zod-openapi';
import { Instant } from '../../flows/schemas.ts';
import { PatchOperation, ReplayCounts, ReplayItemState, ReplayState } from '../schemas.ts';

const Sha256 = z.string().length(64);
const Person = z.object({ id: z.string(), name: z.string(), at: Instant });

/** What became of one message, and where that is written. */
export const CertifiedItem = z.object({
  position: z.int(),
  deadLetterId: z.string(),
  payloadSha256: Sha256,
  state: ReplayItemState,
  generation: z.int().nullable(),
  messageId: z.string().nullable(),
  sentAt: Instant.nullable(),
  settledAt: Instant.nullable(),
  /** What the transport answered. */
  proof: z.string().nullable(),
  reason: z.string().nullable(),
  /** The span in which its consumer was seen to succeed or fail. */
  traceId: z.string().nullable(),
  spanId: z.string().nullable(),
});
export type CertifiedItem = z.infer<typeof CertifiedItem>;

/** All that an approval binds: the SHA-256 of its canonical JSON is the approval hash. */
export const Bound = z.object({
  flow: z.string(),
  manifest: Sha256,
  connection: z.string(),
  destination: z.string(),
  perSecond: z.number(),
  stages: z.array(z.int()),
  haltRatio: z.number(),
  serial: z.boolean(),
  patch: z.array(PatchOperation).nullable(),
  force: z.object({ superseded: z.boolean(), quarantined: z.boolean(), reason: z.string() }).nullable(),
  scheduledFor: Instant.nullable(),
});

export const Certificate = z.object({
  format: z.literal('plumbline-replay-certificate/1'),
  asOf: Instant,
  replay: z.object({
    id: z.string(),
    flow: z.string(),
    flowTitle: z.string(),
    state: ReplayState,
    reason: z.string(),
    haltedWhy: z.string().nullable(),
    /** Nothing of it can change any more: it ended, and no outcome is open or unknown. */
    isFinal: z.boolean(),
  }),
  requestedBy: Person,
  /** Who approved or rejected it; null: nobody had to. */
  decidedBy: Person.nullable(),
  needsApproval: z.boolean(),
  approval: z.object({
    sha256: Sha256,
    /** What the second person saw and approved; equal to `sha256`. Null: no approval was given. */
    approvedSha256: Sha256.nullable(),
    binds: Bound,
  }),
  manifest: z.object({
    sha256: Sha256,
    messages: z.int(),
    /** SHA-256 of each thousand messages, over id (16 bytes) and payload hash (32 bytes) of each; `sha256` is over these. */
    chunks: z.array(Sha256),
    filter: z.record(z.string(), z.unknown()),
  }),
  startedAt: Instant.nullable(),
  finishedAt: Instant.nullable(),
  firstSentAt: Instant.nullable(),
  lastSettledAt: Instant.nullable(),
  counts: ReplayCounts,
  ledger: z.object({
    /** SHA-256 over one line for each message touched, as `ledgerLine` writes them, in order, each with a line feed. */
    sha256: Sha256,
    rows: z.int(),
  }),
  /** Every message when they are few, else the first of those that are not confirmed. */
  items: z.array(CertifiedItem),
  itemsAre: z.enum(['all', 'not_confirmed', 'first_not_confirmed']),
  /** Entries of the audit log about this replay, oldest first. */
  audit: z.array(
    z.object({
      id: z.string(),
      at: Instant,
      action: z.string(),
      actorKind: z.string(),
      actorName: z.string(),
    }),
  ),
});
export type Certificate = z.infer<typeof Certificate>;

/** The public key of this installation. `keyId` is SHA-256 of it as DER: what people compare. */
export const CertificateKey = z.object({
  algorithm: z.literal('ed25519'),
  keyId: Sha256,
  /** SubjectPublicKeyInfo, PEM. */
  publicKey: z.string(),
});
export type CertificateKey = z.infer<typeof CertificateKey>;

export const SealedCertificate = z
  .object({
    certificate: Certificate,
    /** SHA-256 of the certificate as JSON with the names of each object sorted and no white space. */
    sha256: Sha256,
    /** Over the 32 bytes of `sha256`. */
    signature: CertificateKey.extend({ value: z.string() }),
  })
  .openapi('ReplayCertificate');
export type SealedCertificate = z.infer<typeof SealedCertificate>;

export const CertifiedItemsQuery = z.object({
  only: z.enum(['all', 'not_confirmed']).default('all'),
});
