import type { BaseOptions } from '@platformatic/kafka';
import { z } from 'zod';

/** What a Kafka URL says. */
export interface KafkaAddress {
  readonly client: Pick<BaseOptions, 'bootstrapBrokers' | 'tls' | 'sasl'>;
  /** Consumer group of the tails; null: one per topic, named after the application. */
  readonly group: string | null;
}

const shape =
  /^(?<scheme>kafkas?):\/\/(?:(?<user>[^:@/]*)(?::(?<password>[^@/]*))?@)?(?<brokers>[^/?@]+)\/?(?:\?(?<query>.*))?$/;

const Query = z.strictObject({
  mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).default('plain'),
  group: z.string().min(1).max(200).optional(),
});

const mechanisms = {
  plain: 'PLAIN',
  'scram-sha-256': 'SCRAM-SHA-256',
  'scram-sha-512': 'SCRAM-SHA-512',
} as const;

/**
 * `kafka://[user:password@]host:port[,host:port…][?mechanism=plain|scram-sha-256|scram-sha-512][&group=name]`;
 * `kafkas://` speaks TLS, whose authorities are Node's (NODE_EXTRA_CA_CERTS adds one's own).
 * @throws Error with a sentence that repeats neither user nor password.
 */
export function parseKafkaUrl(url: string): KafkaAddress {
  const parts = shape.exec(url)?.groups;
  const query = Query.safeParse(Object.fromEntries(new URLSearchParams(parts?.['query'] ?? '')));
  const brokers = (parts?.['brokers'] ?? '').split(',').filter((broker) => broker !== '');
  if (!parts || brokers.length === 0 || !query.success) {
    throw new Error(
      'This is no Kafka URL: write kafka://host:9092,host:9092, with ?mechanism=plain, scram-sha-256 or scram-sha-512 when there is a user, and ?group= to name the consumer group.',
    );
  }
  const { user, password, scheme } = parts;
  return {
    client: {
      bootstrapBrokers: brokers,
      ...(scheme === 'kafkas' ? { tls: {} } : {}),
      ...(user
        ? {
            sasl: {
              mechanism: mechanisms[query.data.mechanism],
              username: decodeURIComponent(user),
              password: decodeURIComponent(password ?? ''),
            },
          }
        : {}),
    },
    group: query.data.group ?? null,
  };
}
