import { createClient } from '@redis/client';
import { type Look, onAbort, secondsSince } from '../look.ts';

type Reply = string | number | null | readonly Reply[];

/** What a consumer group of a stream has not read, what it has not acknowledged, and the age of the oldest of both. */
export const lookRedis: Look<'redis'> = async (check, context) => {
  const client = createClient({
    url: context.connection(check.connection),
    name: 'plumbline-probe',
    RESP: 2,
    socket: { reconnectStrategy: false, connectTimeout: context.timeoutMs },
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
  });
  client.on('error', () => undefined);
  const close = (): void => {
    if (client.isOpen) client.destroy();
  };
  const forget = onAbort(context.signal, close);
  const ask = (...command: string[]): Promise<Reply> => client.sendCommand<Reply>(command);
  try {
    await client.connect();
    context.note(`XINFO GROUPS ${check.stream}`);
    const groups = listOf(await ask('XINFO', 'GROUPS', check.stream)).map(fieldsOf);
    const group = groups.find((each) => each.get('name') === check.group);
    if (group === undefined) throw new Error(`The stream "${check.stream}" has no group "${check.group}".`);
    const unacknowledged = Number(group.get('pending'));
    const lag = group.get('lag');
    const oldest = [
      unacknowledged > 0
        ? firstId(listOf(await ask('XPENDING', check.stream, check.group, '-', '+', '1')))
        : null,
      firstId(
        listOf(
          await ask('XRANGE', check.stream, `(${String(group.get('last-delivered-id'))}`, '+', 'COUNT', '1'),
        ),
      ),
    ].filter((id) => id !== null);
    const times = oldest.map((id) => Number(id.split('-')[0]));
    const values = {
      unacknowledged,
      consumers: Number(group.get('consumers')),
      // Redis does not know the lag once entries between were deleted.
      ...(typeof lag === 'number' && { depth: lag }),
      age: times.length === 0 ? 0 : secondsSince(Math.min(...times), context.now()),
    };
    context.note('counted', values);
    return { values };
  } finally {
    forget();
    close();
  }
};

function listOf(reply: Reply): readonly Reply[] {
  return Array.isArray(reply) ? (reply as readonly Reply[]) : [];
}

function fieldsOf(reply: Reply): Map<string, Reply> {
  const flat = listOf(reply);
  const pairs = Array.from({ length: flat.length / 2 }, (_, index) => index * 2);
  return new Map(pairs.map((at) => [String(flat[at]), flat[at + 1] ?? null]));
}

function firstId(entries: readonly Reply[]): string | null {
  const [id] = listOf(entries[0] ?? null);
  return typeof id === 'string' ? id : null;
}
