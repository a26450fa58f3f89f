import {
  kGetApi,
  Producer,
  type API,
  type produceV11,
  type ClusterMetadata,
  type Connection,
} from '@platformatic/kafka';
import type { TransportOptions } from '../port.ts';
import type { KafkaAddress } from './address.ts';

type Request = produceV11.ProduceRequest;
type Response = produceV11.ProduceResponse;
export type ProduceApi = API<Request, Response>;

/** The connections of one transport for everything but tails. Retries are ours, so that a lost answer is noticed. */
export interface KafkaClient {
  readonly producer: Producer;
  readonly answerWithinMs: number;
  /** Leaders and partitions of a topic, at most five seconds old. */
  metadata(topic: string): Promise<ClusterMetadata>;
  connectionTo(node: number, metadata: ClusterMetadata): Promise<Connection>;
  produceApi(): Promise<ProduceApi>;
}

const defaultAnswerWithinMs = 15_000;
const connectWithinMs = 3000;

export function openKafkaClient(address: KafkaAddress, options: TransportOptions): KafkaClient {
  const answerWithinMs = options.answerWithinMs ?? defaultAnswerWithinMs;
  const producer = new Producer({
    ...address.client,
    clientId: options.application,
    retries: 0,
    connectTimeout: Math.min(connectWithinMs, answerWithinMs),
    requestTimeout: answerWithinMs,
    timeout: answerWithinMs,
  });
  return {
    producer,
    answerWithinMs,
    metadata: (topic) => producer.metadata({ topics: [topic], autocreateTopics: false }),
    async connectionTo(node, metadata) {
      const broker = metadata.brokers.get(node);
      if (!broker) throw new Error(`Kafka names no address of its broker ${node}.`);
      return producer.connections.get(broker);
    },
    produceApi: () =>
      new Promise((resolve, reject) => {
        producer[kGetApi]<Request, Response>('Produce', (error, api) => {
          if (api) resolve(api);
          else reject(error ?? new Error('Kafka does not say how records are sent to it.'));
        });
      }),
  };
}
