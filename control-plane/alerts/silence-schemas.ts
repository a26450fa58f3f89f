import { z } from '@hono/zod-openapi';
import { Alert } from './schemas.ts';

const name = z.string().min(1).max(255);

/** What a silence holds back: alerts that meet everything that is named. */
export const SilenceMatch = z
  .strictObject({
    key: name.nullable().default(null),
    flow: name.nullable().default(null),
    system: name.nullable().default(null),
    severity: Alert.shape.severity.nullable().default(null),
  })
  .refine((match) => Object.values(match).some((value) => value !== null), {
    message: 'name a key, a flow, a system or a severity: a silence of everything would hide everything',
  });
export type SilenceMatch = z.infer<typeof SilenceMatch>;

export const NewSilence = z
  .strictObject({
    match: SilenceMatch,
    /** Default: now. */
    startsAt: z.iso.datetime().optional(),
    endsAt: z.iso.datetime(),
    reason: z.string().trim().min(1).max(1000),
  })
  .openapi('NewSilence');
export type NewSilence = z.infer<typeof NewSilence>;

export const Silence = z
  .object({
    id: z.uuid(),
    match: z.object({
      key: z.string().nullable(),
      flow: z.string().nullable(),
      system: z.string().nullable(),
      severity: z.enum(['page', 'ticket']).nullable(),
    }),
    state: z.enum(['planned', 'active', 'over']),
    startsAt: z.iso.datetime(),
    endsAt: z.iso.datetime(),
    reason: z.string(),
    createdAt: z.iso.datetime(),
    createdBy: z.string(),
    endedBy: z.string().nullable(),
  })
  .openapi('Silence');
export type Silence = z.infer<typeof Silence>;

export const SilenceList = z.object({ items: z.array(Silence) });
export const SilenceParam = z.object({ id: z.uuid() });
/** What it would hold back of what fires now. */
export const SilencePreview = z.object({ count: z.int(), alerts: z.array(Alert) }).openapi('SilencePreview');
