import type { Context } from '../context.ts';
import { readLastAttempts } from './queries.ts';
import type { ChannelView } from './schemas.ts';

/** The channels of this installation by name, and how the newest attempt at each went. */
export async function listChannels(context: Context): Promise<ChannelView[]> {
  const held = context.channels.all().toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const attempts = await readLastAttempts(
    context.postgres,
    held.map(({ name }) => name),
  );
  const lastOf = new Map(attempts.map(({ channel, ...last }) => [channel, last]));
  return held.map(({ name, kind, channel, off }) => ({
    name,
    kind,
    idempotent: channel.isIdempotent,
    off: off ?? null,
    last: lastOf.get(name) ?? null,
  }));
}
