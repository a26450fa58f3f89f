import type { Channel, Notification } from '../notification.ts';
import { post, type PostContext } from '../post.ts';

export interface PagerDutySettings {
  /** The integration key of an Events API v2 integration. */
  readonly routingKey: string;
  /** Elsewhere for accounts in Europe, or a test. */
  readonly url?: string | undefined;
}

const defaultUrl = 'https://events.pagerduty.com/v2/enqueue';
const summaryMax = 1024;
const keyMax = 255;

/** Events API v2: one `dedup_key` opens, adds to and resolves one incident. */
export function pagerDutyBody(notification: Notification, routingKey: string): string {
  const { key, action, severity, title, summary, startedAt, facts, links } = notification;
  const identity = { routing_key: routingKey, dedup_key: key.slice(0, keyMax) };
  if (action === 'resolve') return JSON.stringify({ ...identity, event_action: 'resolve' });
  return JSON.stringify({
    ...identity,
    event_action: 'trigger',
    client: 'Plumbline',
    client_url: links[0]?.href,
    links: links.map(({ href, title: text }) => ({ href, text })),
    payload: {
      summary: title.slice(0, summaryMax),
      source: 'plumbline',
      severity: severity === 'page' ? 'critical' : 'warning',
      timestamp: startedAt.toISOString(),
      custom_details: { summary, ...Object.fromEntries(facts.map(({ name, value }) => [name, value])) },
    },
  });
}

export function openPagerDuty({ routingKey, url }: PagerDutySettings, context: PostContext): Channel {
  const address = new URL(url ?? defaultUrl);
  return {
    isIdempotent: true,
    deliver: (notification, _mayBeDouble, signal) => {
      const body = pagerDutyBody(notification, routingKey);
      return post({ url: address, headers: {}, body, secrets: [routingKey] }, context, signal);
    },
  };
}
