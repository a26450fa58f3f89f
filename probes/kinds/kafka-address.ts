import type { BaseOptions } from '@platformatic/kafka';

export type KafkaAddress = Pick<BaseOptions, 'bootstrapBrokers' | 'tls' | 'sasl'>;

const shape =
  /^(?<scheme>kafkas?):\/\/(?:(?<user>[^:@/]*)(?::(?<password>[^@/]*))?@)?(?<brokers>[^/?@]+)\/?(?:\?(?<query>.*))?$/;

const mechanisms = new Map([
  ['plain', 'PLAIN'],
  ['scram-sha-256', 'SCRAM-SHA-256'],
  ['scram-sha-512', 'SCRAM-SHA-512'],
] as const);

/**
 * Reads the URL of a connection as the control plane does: `kafka://[user:password@]host:port[,…][?mechanism=…]`.
 * @throws Error with a sentence that repeats neither user nor password.
 */
export function parseKafkaUrl(url: string): KafkaAddress {
  const parts = shape.exec(url)?.groups;
  const asked = new URLSearchParams(parts?.['query'] ?? '').get('mechanism') ?? 'plain';
  const mechanism = [...mechanisms].find(([name]) => name === asked)?.[1];
  if (!parts?.['brokers'] || mechanism === undefined) {
    throw new Error('This is no Kafka URL: write kafka://host:9092,host:9092, or kafkas:// for TLS.');
  }
  const { user, password, scheme, brokers } = parts;
  return {
    bootstrapBrokers: brokers.split(','),
    ...(scheme === 'kafkas' && { tls: {} }),
    ...(user && {
      sasl: { mechanism, username: decodeURIComponent(user), password: decodeURIComponent(password ?? '') },
    }),
  };
}
