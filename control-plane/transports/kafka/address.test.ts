import { expect, it } from 'vitest';
import { parseKafkaUrl } from './address.ts';

it('reads brokers, TLS, user and group', () => {
  expect(parseKafkaUrl('kafka://a:9092,b:9093')).toEqual({
    client: { bootstrapBrokers: ['a:9092', 'b:9093'] },
    group: null,
  });
  expect(parseKafkaUrl('kafkas://me:p%40ss@a:9092/?mechanism=scram-sha-512&group=dead')).toEqual({
    client: {
      bootstrapBrokers: ['a:9092'],
      tls: {},
      sasl: { mechanism: 'SCRAM-SHA-512', username: 'me', password: 'p@ss' },
    },
    group: 'dead',
  });
});

it.each(['amqp://a', 'kafka://', 'kafka://a:9092?mechanism=md5', 'kafka://a:9092?grup=x'])(
  'refuses %s with a sentence',
  (url) => {
    expect(() => parseKafkaUrl(url)).toThrow('write kafka://host:9092');
  },
);

it('never repeats a password in its complaint', () => {
  expect(() => parseKafkaUrl('kafka://me:secret@a:9092?x=1')).not.toThrow('secret');
  expect(() => parseKafkaUrl('kafka://me:secret@a:9092?x=1')).toThrow();
});
