import { z } from 'zod';
import { openSlack, openTeams } from './channels/chat.ts';
import { openEmail } from './channels/email.ts';
import { openPagerDuty } from './channels/pager-duty.ts';
import { openWebhook } from './channels/webhook.ts';
import type { Channel } from './notification.ts';
import type { PostContext } from './post.ts';

const HttpUrl = z.url({ protocol: /^https?$/, error: 'write a whole address that begins with https://' });
const Mailbox = z.string().regex(/^[^\r\n]{1,300}$/, 'write one mailbox, as ops@distributor.example');

/** The settings of one way to reach people, secrets resolved. */
export const ChannelSettings = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('webhook'),
    url: HttpUrl,
    secret: z
      .string()
      .regex(
        /^(whsec_)?[A-Za-z0-9+/]{32,88}={0,2}$/,
        'write 24 to 64 random bytes in base64, as Standard Webhooks wants them',
      ),
  }),
  z.object({
    kind: z.literal('pager-duty'),
    routingKey: z.string().regex(/^[A-Za-z0-9]{32}$/, 'the integration key has 32 letters and digits'),
    url: HttpUrl.optional(),
  }),
  z.object({ kind: z.literal('slack'), url: HttpUrl }),
  z.object({ kind: z.literal('teams'), url: HttpUrl }),
  z.object({
    kind: z.literal('email'),
    host: z.string().min(1).max(253),
    port: z.int().min(1).max(65_535).default(587),
    security: z.enum(['tls', 'starttls', 'none']).default('starttls'),
    user: z.string().max(300).optional(),
    password: z.string().max(1000).optional(),
    from: Mailbox,
    to: z.array(Mailbox).min(1).max(50),
  }),
]);
export type ChannelSettings = z.output<typeof ChannelSettings>;

/** Makes a channel of its settings; nothing is sent yet. */
export function openChannel(settings: ChannelSettings, context: PostContext): Channel {
  switch (settings.kind) {
    case 'webhook':
      return openWebhook(settings, context);
    case 'pager-duty':
      return openPagerDuty(settings, context);
    case 'slack':
      return openSlack(settings, context);
    case 'teams':
      return openTeams(settings, context);
    case 'email':
      return openEmail(settings, context);
  }
}
