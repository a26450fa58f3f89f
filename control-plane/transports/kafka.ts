import { parseKafkaUrl } from './kafka/address.ts';
import { openKafkaClient } from './kafka/client.ts';
import { openLook } from './kafka/look.ts';
import { openSender } from './kafka/send.ts';
import { tailTopic } from './kafka/tail.ts';
import type { OpenTransport } from './port.ts';

const defaultInFlightMax = 4000;

/**
 * Dead-letter topics of Kafka 3.5 and later. A destination is a topic. Accepted means that all in-sync copies have
 * it (acks=all); its position is `partition/offset`.
 */
export const openKafka: OpenTransport = (url, options) => {
  const address = parseKafkaUrl(url);
  const client = openKafkaClient(address, options);
  const groupOf = (topic: string) => address.group ?? `${options.application}.${topic}`;
  const look = openLook(client, address, groupOf);
  return {
    tail: (topic, tailOptions) => tailTopic(client, address, groupOf(topic), topic, tailOptions),
    browse: (topic, limit, signal) => look.browse(topic, limit, signal),
    send: openSender(client, options.inFlightMax ?? defaultInFlightMax),
    promises: (topic) => look.promises(topic),
    depth: (topic) => look.depth(topic),
    async close() {
      await Promise.allSettled([client.producer.close(true), look.close()]);
    },
  };
};
