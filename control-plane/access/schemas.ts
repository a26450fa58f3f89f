import { z } from '@hono/zod-openapi';
import { roles } from '../actor.ts';

export const RoleName = z.enum(roles);
const email = z.email().max(254);
/** Control characters have no place in a name, and PostgreSQL cannot store all of them. */
const personName = z
  .string()
  .trim()
  .min(1)
  .max(120)
  .regex(/^\P{Cc}*$/u, 'control characters are not allowed');
/** Length is what counts; composition rules only make passwords worse (NIST SP 800-63B). */
const password = z.string().min(12, 'use at least 12 characters').max(200);

export const IdParam = z.object({ id: z.uuid() });

export const SignIn = z.object({ email, password: z.string().min(1).max(200) });
export const Welcome = z.object({ token: z.string().min(1).max(200), name: personName, email, password });

export const PasswordChange = z.object({ current: z.string().min(1).max(200), password });

export const SessionView = z
  .object({
    user: z.object({ id: z.string(), name: z.string(), email: z.string(), role: RoleName }),
    /** How this request signed in. */
    kind: z.enum(['person', 'token', 'system']),
  })
  .openapi('Session');

export const PersonView = z
  .object({
    id: z.string(),
    email: z.string(),
    name: z.string(),
    role: RoleName,
    createdAt: z.iso.datetime(),
    disabledAt: z.iso.datetime().nullable(),
    hasPassword: z.boolean(),
  })
  .openapi('Person');
export const PersonList = z.object({ items: z.array(PersonView) });
export const Invitation = z.object({ email, name: personName, role: RoleName });
export const Invited = z.object({ person: PersonView, link: z.url() });
export const PersonChange = z
  .object({ role: RoleName.optional(), disabled: z.boolean().optional() })
  .refine((change) => change.role !== undefined || change.disabled !== undefined, 'say role or disabled');

export const TokenView = z
  .object({
    id: z.string(),
    name: z.string(),
    role: RoleName,
    createdBy: z.string(),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().nullable(),
    lastUsedAt: z.iso.datetime().nullable(),
  })
  .openapi('Token');
export const TokenList = z.object({ items: z.array(TokenView) });
export const TokenRequest = z.object({
  name: personName,
  role: RoleName,
  expiresInDays: z.int().min(1).max(3650).nullable().default(90),
});
export const TokenCreated = z.object({ token: TokenView, secret: z.string() });

export const SessionRow = z.object({
  id: z.string(),
  createdAt: z.iso.datetime(),
  lastSeenAt: z.iso.datetime(),
  address: z.string(),
  userAgent: z.string(),
  current: z.boolean(),
});
export const SessionList = z.object({ items: z.array(SessionRow) });
