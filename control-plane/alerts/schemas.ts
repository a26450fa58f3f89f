import { z } from '@hono/zod-openapi';

const Fact = z.object({ name: z.string(), value: z.string() });
const Link = z.object({ title: z.string(), href: z.string() });

/** One episode of an alert, from firing to resolved. */
export const Alert = z
  .object({
    episode: z.uuid(),
    /** The identity of the alert, the same in each of its episodes. */
    key: z.string(),
    severity: z.enum(['page', 'ticket']),
    state: z.enum(['firing', 'resolved']),
    title: z.string(),
    summary: z.string(),
    facts: z.array(Fact),
    links: z.array(Link),
    channels: z.array(z.string()),
    /** Names of the flows that it is about. */
    flows: z.array(z.string()),
    /** The first bad event of the run that it stands for. */
    startedAt: z.iso.datetime(),
    firedAt: z.iso.datetime(),
    resolvedAt: z.iso.datetime().nullable(),
    /** Who has it, and until when it is not told again for that; null while nobody does. */
    acknowledged: z.object({ by: z.string(), at: z.iso.datetime(), until: z.iso.datetime() }).nullable(),
    /** Number of the incident that it belongs to. */
    incident: z.int().nullable(),
    /** Whether a silence holds it back now. */
    isSilenced: z.boolean(),
  })
  .openapi('Alert');
export type Alert = z.infer<typeof Alert>;

export const AlertList = z.object({ items: z.array(Alert), nextCursor: z.string().nullable() });

export const AlertFilter = z.object({
  state: z.enum(['firing', 'resolved', 'all']).default('firing'),
});

/** How long whoever has it wants to be left alone: at most a day. */
export const Acknowledgement = z.strictObject({ minutes: z.int().min(1).max(1440).default(60) });

export const EpisodeParam = z.object({ episode: z.uuid() });

/** One attempt to tell a channel. */
export const Attempt = z
  .object({
    at: z.iso.datetime(),
    channel: z.string(),
    action: z.enum(['trigger', 'update', 'resolve']),
    /** `unknown`: whoever sent it ended before it knew the answer. */
    outcome: z.enum(['delivered', 'failed', 'refused', 'gone', 'unknown']),
    reason: z.string(),
    /** With secrets as dots. */
    request: z.string(),
    answer: z.string(),
  })
  .openapi('AlertAttempt');
export type Attempt = z.infer<typeof Attempt>;

/** What one channel believes of the alert, and why nothing or what is to be sent next. */
export const Belief = z.object({
  channel: z.string(),
  /** `maybe`: a trigger went out and no answer came. */
  believes: z.enum(['no', 'maybe', 'yes']),
  reason: z.string(),
  /** When a failed act is tried again. */
  retryAt: z.iso.datetime().nullable(),
});
export type Belief = z.infer<typeof Belief>;

export const Explanation = z
  .object({ alert: Alert, channels: z.array(Belief), attempts: z.array(Attempt) })
  .openapi('AlertExplanation');
export type Explanation = z.infer<typeof Explanation>;

export const ChannelView = z
  .object({
    name: z.string(),
    kind: z.enum(['webhook', 'pager-duty', 'slack', 'teams', 'email']),
    /** Whether the receiver takes the same act twice for one. */
    idempotent: z.boolean(),
    off: z.string().nullable(),
    /** What became of the newest attempt. */
    last: z.object({ at: z.iso.datetime(), outcome: Attempt.shape.outcome, reason: z.string() }).nullable(),
  })
  .openapi('Channel');
export type ChannelView = z.infer<typeof ChannelView>;

export const ChannelList = z.object({ items: z.array(ChannelView) });
export const ChannelParam = z.object({ name: z.string().min(1).max(100) });

/** What went out and what came back, so that a wrong setting shows itself. */
export const TestResult = z
  .object({
    outcome: z.enum(['delivered', 'failed', 'refused', 'gone']),
    reason: z.string(),
    request: z.string(),
    answer: z.string(),
  })
  .openapi('ChannelTest');
export type TestResult = z.infer<typeof TestResult>;
