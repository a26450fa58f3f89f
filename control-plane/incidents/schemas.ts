import { z } from '@hono/zod-openapi';
import { Alert } from '../alerts/schemas.ts';

export const Severity = z.enum(['critical', 'major', 'minor']);
export type Severity = z.infer<typeof Severity>;

/** `restored`: the trouble is over, and somebody still has to say what it was. */
export const IncidentState = z.enum(['open', 'acknowledged', 'restored', 'closed']);
export type IncidentState = z.infer<typeof IncidentState>;

const instant = z.iso.datetime();

/** Work that a trouble makes for people. */
export const Incident = z
  .object({
    number: z.int(),
    title: z.string(),
    severity: Severity,
    state: IncidentState,
    /** What opened it. */
    origin: z.enum(['alert', 'finding', 'person']),
    flows: z.array(z.string()),
    assignee: z.object({ id: z.uuid(), name: z.string() }).nullable(),
    /** The first bad event of the run that breached. */
    impactStartedAt: instant,
    detectedAt: instant,
    acknowledgedAt: instant.nullable(),
    restoredAt: instant.nullable(),
    closedAt: instant.nullable(),
    /** What was learnt, written afterwards. */
    summary: z.string(),
    /** Alerts of it that still fire. */
    firing: z.int(),
    /** Raised by each change; send it back with yours. */
    revision: z.int(),
  })
  .openapi('Incident');
export type Incident = z.infer<typeof Incident>;

export const IncidentList = z.object({ items: z.array(Incident), nextCursor: z.string().nullable() });

export const IncidentFilter = z.object({
  state: z.enum(['lasting', 'closed', 'all']).default('lasting'),
  flow: z.string().min(1).max(200).optional(),
});

export const EntryKind = z.enum([
  'opened',
  'alert',
  'alert_over',
  'acknowledged',
  'assigned',
  'changed',
  'note',
  'restored',
  'returned',
  'closed',
  'reopened',
]);
export type EntryKind = z.infer<typeof EntryKind>;

/** One line of the timeline. */
export const Entry = z
  .object({
    at: instant,
    actor: z.object({ kind: z.enum(['person', 'token', 'system']), name: z.string() }),
    kind: EntryKind,
    text: z.string(),
    /** The alert that it tells of. */
    episode: z.uuid().nullable(),
  })
  .openapi('IncidentEntry');
export type Entry = z.infer<typeof Entry>;

/** A flow that the incident is about, with what somebody needs at hand. */
const ConcernedFlow = z.object({
  name: z.string(),
  title: z.string(),
  source: z.string(),
  target: z.string(),
  owner: z.string(),
  runbook: z.string().nullable(),
});

export const IncidentDetail = z
  .object({
    incident: Incident,
    flows: z.array(ConcernedFlow),
    alerts: z.array(Alert),
    /** Oldest first. */
    entries: z.array(Entry),
  })
  .openapi('IncidentDetail');
export type IncidentDetail = z.infer<typeof IncidentDetail>;

/** A business transaction that a failed message of the incident belongs to. */
const ConcernedTransaction = z.object({
  key: z.string(),
  process: z.string(),
  state: z.string(),
  startedAt: z.string(),
  amount: z.string().nullable(),
  currency: z.string(),
});

/** What the trouble did, from its first bad event to its end or now. */
export const IncidentImpact = z
  .object({
    from: instant,
    to: instant,
    failures: z.array(
      z.object({ flow: z.string(), messages: z.int(), firstAt: z.string(), cause: z.string() }),
    ),
    /** The first messages that failed, oldest first. */
    firstMessages: z.array(
      z.object({
        flow: z.string(),
        messageId: z.string(),
        at: z.string(),
        traceId: z.string(),
        error: z.string(),
      }),
    ),
    transactions: z.object({
      /** Transactions that a failed message belongs to; a lower bound where `isWhole` is false. */
      count: z.int(),
      /** Of these, not completed yet. */
      open: z.int(),
      isWhole: z.boolean(),
      /** Value of those that are open, by currency: what is at risk. */
      atRisk: z.array(z.object({ currency: z.string(), amount: z.string() })),
      /** The open ones of the highest value. */
      items: z.array(ConcernedTransaction),
    }),
    deadLetters: z.array(
      z.object({ flow: z.string(), cause: z.string(), waiting: z.int(), settled: z.int() }),
    ),
    replays: z.array(
      z.object({ id: z.uuid(), flow: z.string(), state: z.string(), items: z.int(), createdAt: instant }),
    ),
  })
  .openapi('IncidentImpact');
export type IncidentImpact = z.infer<typeof IncidentImpact>;

export const NumberParam = z.object({ number: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) });

const title = z.string().trim().min(1).max(200);
const flowNames = z
  .array(z.string().min(1).max(200))
  .max(50)
  .transform((names) => [...new Set(names)]);

export const NewIncident = z
  .object({
    title,
    severity: Severity,
    flows: flowNames.default([]),
    /** When it began to hurt; default: now. */
    impactStartedAt: instant.optional(),
    note: z.string().trim().max(5000).optional(),
  })
  .openapi('NewIncident');
export type NewIncident = z.infer<typeof NewIncident>;

export const IncidentChange = z
  .object({
    /** As it was read: a change of somebody else in between is a conflict. */
    revision: z.int().min(1),
    title: title.optional(),
    severity: Severity.optional(),
    flows: flowNames.optional(),
    impactStartedAt: instant.optional(),
    /** Id of a person who may act; null: nobody. */
    assignee: z.uuid().nullable().optional(),
    summary: z.string().trim().max(20_000).optional(),
  })
  .openapi('IncidentChange');
export type IncidentChange = z.infer<typeof IncidentChange>;

/** `restore`: the trouble is over. `close`: nothing is left to do. */
export const Step = z.enum(['acknowledge', 'restore', 'close', 'reopen']);
export type Step = z.infer<typeof Step>;

export const IncidentStep = z
  .object({ step: Step, text: z.string().trim().max(5000).default('') })
  .openapi('IncidentStep');
export const IncidentNote = z.object({ text: z.string().trim().min(1).max(5000) }).openapi('IncidentNote');

export const PeopleList = z.object({ items: z.array(z.object({ id: z.uuid(), name: z.string() })) });
