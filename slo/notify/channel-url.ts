import { z } from 'zod';
import { ChannelSettings } from './open-channel.ts';

const forms = [
  'webhook+https://:SECRET@host/path',
  'pager-duty://ROUTING-KEY',
  'slack+https://hooks.slack.com/…',
  'teams+https://…',
  'smtps://user:password@host?from=…&to=…',
].join(', ');

/**
 * Reads the settings of a channel from one URL, which is how secrets come into the environment.
 * @throws Error with a sentence that never quotes the URL, because it holds a secret
 */
export function parseChannelUrl(text: string): ChannelSettings {
  if (!URL.canParse(text)) throw new Error(`it is no URL; write one of ${forms}`);
  const url = new URL(text);
  const parsed = ChannelSettings.safeParse(settingsIn(url));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  if (issue?.code === 'invalid_union')
    throw new Error(`"${url.protocol}//" is no channel; write one of ${forms}`);
  throw new Error(
    `its ${String(issue?.path[0] ?? 'form')} is wrong: ${issue?.message ?? z.prettifyError(parsed.error)}`,
  );
}

function settingsIn(url: URL): unknown {
  const [kind = '', inner] = url.protocol.replace(/:$/, '').split('+');
  switch (kind) {
    case 'webhook':
      return { kind, url: withoutSecret(url, inner), secret: decodeURIComponent(url.password) };
    case 'slack':
    case 'teams':
      return { kind, url: plainUrl(url, inner) };
    case 'pager-duty':
      return { kind, routingKey: url.hostname === '' ? url.pathname.replace(/^\/+/, '') : url.host };
    case 'smtp':
    case 'smtps':
      return emailIn(url, kind);
    default:
      return { kind };
  }
}

function plainUrl(url: URL, scheme = 'https'): string {
  return `${scheme}:${url.href.slice(url.protocol.length)}`;
}

function withoutSecret(url: URL, scheme: string | undefined): string {
  const plain = plainUrl(url, scheme);
  if (!URL.canParse(plain)) return plain;
  const bare = new URL(plain);
  bare.password = '';
  return bare.href;
}

/** `smtps` speaks TLS from the first byte, `smtp` changes to it; `?security=none` where the wire is trusted. */
function emailIn(url: URL, kind: 'smtp' | 'smtps') {
  const fallback = kind === 'smtps' ? { port: 465, security: 'tls' } : { port: 587, security: 'starttls' };
  return {
    kind: 'email',
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? fallback.port : Number(url.port),
    security: url.searchParams.get('security') ?? fallback.security,
    ...(url.username === ''
      ? {}
      : { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }),
    from: url.searchParams.get('from') ?? '',
    to: url.searchParams.getAll('to').flatMap((list) => list.split(',').map((one) => one.trim())),
  };
}
