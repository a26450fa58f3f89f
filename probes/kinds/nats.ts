import { jetstreamManager, type ConsumerInfo, type JetStreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { type Look, type LookContext, onAbort, secondsSince } from '../look.ts';

/** What a durable consumer has not been given, what it has not acknowledged, and the age of the oldest of both. */
export const lookNats: Look<'nats'> = async (check, context) => {
  context.note(`ask for consumer ${check.consumer} of ${check.stream}`);
  const connection = await connect({
    ...readUrl(context.connection(check.connection)),
    name: 'plumbline-probe',
    reconnect: false,
    timeout: context.timeoutMs,
  });
  const forget = onAbort(context.signal, () => void connection.close());
  try {
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: context.timeoutMs });
    const info = await manager.consumers.info(check.stream, check.consumer);
    const age = await oldestAge(manager, info, context);
    const values = { depth: info.num_pending, unacknowledged: info.num_ack_pending, age };
    context.note('counted', values);
    return { values: Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) };
  } finally {
    forget();
    await connection.close();
  }
};

/** Age of the first message after the acknowledgement floor; undefined when it is gone from the stream meanwhile. */
async function oldestAge(
  manager: JetStreamManager,
  info: ConsumerInfo,
  context: LookContext,
): Promise<number | undefined> {
  if (info.num_pending === 0 && info.num_ack_pending === 0) return 0;
  const { filter_subject: one, filter_subjects: several } = info.config;
  const floor = info.ack_floor.stream_seq + 1;
  const subjects = several ?? [one || '>'];
  const times = await Promise.all(
    subjects.map(async (subject) => {
      // The server knows both fields together; the type of the library only one of them.
      const next = { seq: floor, next_by_subj: subject };
      const message = await manager.streams.getMessage(info.stream_name, next);
      return message?.time.getTime();
    }),
  );
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : secondsSince(Math.min(...known), context.now());
}

function readUrl(url: string) {
  const parts =
    /^(?<scheme>nats|tls):\/\/(?:(?<user>[^:@/]*)(?::(?<password>[^@/]*))?@)?(?<servers>[^/?@]+)\/?$/.exec(
      url,
    )?.groups;
  if (!parts?.['servers']) throw new Error('This is no NATS URL: write nats://host:4222 or tls://host:4222.');
  const { scheme, user, password, servers } = parts;
  return {
    servers: servers.split(','),
    ...(scheme === 'tls' ? { tls: {} } : {}),
    ...(user && password === undefined ? { token: decodeURIComponent(user) } : {}),
    ...(user && password !== undefined
      ? { user: decodeURIComponent(user), pass: decodeURIComponent(password) }
      : {}),
  };
}
