import { Webhook } from 'standardwebhooks';
import type { Channel, Notification } from '../notification.ts';
import { post, type PostContext } from '../post.ts';

export interface WebhookSettings {
  readonly url: string;
  /** Base64, with or without `whsec_` before it, as Standard Webhooks has it. */
  readonly secret: string;
}

/** What a receiver of ours gets: all that is known, under names that stay. */
export function webhookBody(notification: Notification): string {
  const { id, key, action, severity, title, summary, at, startedAt, facts, links } = notification;
  return JSON.stringify({
    type: `alert.${action}`,
    timestamp: at.toISOString(),
    data: { id, key, action, severity, title, summary, startedAt: startedAt.toISOString(), facts, links },
  });
}

/**
 * Posts JSON signed after Standard Webhooks. The id is that of the notification, so a receiver that remembers ids takes
 * each once. @throws Error for a secret that is no base64
 */
export function openWebhook({ url, secret }: WebhookSettings, context: PostContext): Channel {
  const signer = new Webhook(secret);
  const address = new URL(url);
  return {
    isIdempotent: true,
    deliver: (notification, _mayBeDouble, signal) => {
      const body = webhookBody(notification);
      const sentAt = context.now();
      const headers = {
        'webhook-id': notification.id,
        'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
        'webhook-signature': signer.sign(notification.id, sentAt, body),
      };
      return post({ url: address, headers, body, secrets: [secret, address.password] }, context, signal);
    },
  };
}
