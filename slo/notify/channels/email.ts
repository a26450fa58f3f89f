import { createTransport, type SentMessageInfo } from 'nodemailer';
import type { Channel, Delivery, Exchange, Notification } from '../notification.ts';
import type { Reach } from '../reach.ts';
import { lookupAddress } from '../reach.ts';

export interface EmailSettings {
  readonly host: string;
  readonly port: number;
  /** `tls`: from the first byte; `starttls`: or not at all; `none`: only where the wire is trusted. */
  readonly security: 'tls' | 'starttls' | 'none';
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly from: string;
  readonly to: readonly string[];
}

export interface EmailContext {
  readonly reach: Reach;
  readonly limitMs: number;
}

const words = { trigger: 'Firing', update: 'Still firing', resolve: 'Resolved' } as const;

/** Plain text: it reads on every phone, and nothing in it can act. */
export function emailText({ summary, facts, links }: Notification): string {
  const rows = facts.map(({ name, value }) => `${name}: ${value}`);
  const ways = links.map(({ title, href }) => `${title}: ${href}`);
  return [summary, ...(rows.length > 0 ? ['', ...rows] : []), ...(ways.length > 0 ? ['', ...ways] : [])].join(
    '\n',
  );
}

/** Sends by SMTP. All mails of one alert are one thread, and one sent again has the same Message-ID. */
export function openEmail(settings: EmailSettings, { reach, limitMs }: EmailContext): Channel {
  const domain = settings.from.slice(settings.from.lastIndexOf('@') + 1).replace(/>$/, '');
  return {
    // The same Message-ID goes out again; mailboxes that know it show one mail, but none promises to.
    isIdempotent: false,
    deliver: async (notification) => {
      const subject = `${words[notification.action]}: ${notification.title}`.replace(/\s+/g, ' ');
      const text = emailText(notification);
      const exchange = (answer: string): Exchange => ({
        request: [
          `SMTP ${settings.host}:${settings.port}`,
          `From: ${settings.from}`,
          `To: ${settings.to.join(', ')}`,
          `Subject: ${subject}`,
          '',
          text,
        ].join('\n'),
        answer,
      });
      try {
        const address = await lookupAddress(reach, settings.host);
        const info = await send(settings, address, limitMs, {
          from: settings.from,
          to: [...settings.to],
          subject,
          text,
          messageId: `<${notification.id}@${domain}>`,
          ...threadOf(notification, domain),
          headers: { 'auto-submitted': 'auto-generated', 'x-auto-response-suppress': 'All' },
        });
        return deliveredTo(info, exchange(String(info.response)));
      } catch (error) {
        return failureOf(error, exchange(error instanceof Error ? error.message : String(error)));
      }
    },
  };
}

/** A mail of its own, beside alerts. */
export interface Mail {
  /** Stands in its Message-ID: the same mail sent again has the same. */
  readonly id: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Default: the channel's own readers. */
  readonly to?: readonly string[] | undefined;
}

/** Sends one mail by the settings of a channel. Never rejects. */
export async function sendMail(
  settings: EmailSettings,
  { reach, limitMs }: EmailContext,
  { id, subject, text, html, to = settings.to }: Mail,
): Promise<Delivery> {
  const domain = settings.from.slice(settings.from.lastIndexOf('@') + 1).replace(/>$/, '');
  const exchange = (answer: string): Exchange => ({ request: `Subject: ${subject}`, answer });
  try {
    const address = await lookupAddress(reach, settings.host);
    const info = await send(settings, address, limitMs, {
      from: settings.from,
      to: [...to],
      subject,
      text,
      html,
      messageId: `<${id}@${domain}>`,
      headers: { 'auto-submitted': 'auto-generated', 'x-auto-response-suppress': 'All' },
    });
    return deliveredTo(info, exchange(String(info.response)));
  } catch (error) {
    return failureOf(error, exchange(error instanceof Error ? error.message : String(error)));
  }
}

function threadOf({ key }: Notification, domain: string) {
  const thread = `<${key.replace(/[^\w.-]/g, '-')}@${domain}>`;
  return { inReplyTo: thread, references: [thread] };
}

async function send(
  { host, port, security, user, password }: EmailSettings,
  address: string,
  limitMs: number,
  mail: object,
): Promise<SentMessageInfo> {
  const transport = createTransport({
    host: address,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    // The name is checked although its address is dialled: what was allowed is what is used.
    tls: { servername: host },
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
    connectionTimeout: limitMs,
    greetingTimeout: limitMs,
    socketTimeout: limitMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    return (await transport.sendMail(mail)) as SentMessageInfo;
  } finally {
    transport.close();
  }
}

/** A server may take a mail for some of its readers only. */
function deliveredTo(info: SentMessageInfo, exchange: Exchange): Delivery {
  const { rejected } = info as { rejected?: readonly (string | { address: string })[] };
  if (!rejected || rejected.length === 0) return { kind: 'delivered', exchange };
  const names = rejected.map((one) => (typeof one === 'string' ? one : one.address)).join(', ');
  return {
    kind: 'delivered',
    exchange: { ...exchange, answer: `${exchange.answer}\nNot taken for ${names}.` },
  };
}

function failureOf(error: unknown, exchange: Exchange): Delivery {
  const { responseCode, command, message } = error as {
    responseCode?: number;
    command?: string;
    message: string;
  };
  // 5xx: it will say the same again. After DATA without an answer it may well have been taken.
  if (responseCode !== undefined && responseCode >= 500)
    return { kind: 'refused', reason: message, exchange };
  return {
    kind: 'failed',
    reason: message,
    exchange,
    mayHaveArrived: command === 'DATA' && responseCode === undefined,
  };
}
