import { expect, it } from 'vitest';
import { readDeadLetter } from './dead-letter.ts';

const record = (headers: Record<string, string | Buffer> | [string, string | Buffer][]) => ({
  topic: 'orders.DLT',
  partition: 1,
  offset: 42n,
  timestamp: 1_700_000_000_000n,
  key: null,
  value: Buffer.from('{}'),
  headerEntries: (Array.isArray(headers) ? headers : Object.entries(headers)).map(
    ([name, value]) => [Buffer.from(name), Buffer.from(value)] as const,
  ),
});

it('reads what Spring Kafka writes: numbers in four bytes, the cause before its wrapper', () => {
  const arrival = readDeadLetter(
    record({
      'kafka_dlt-original-topic': 'orders',
      'kafka_dlt-original-partition': Buffer.from([0, 0, 0, 7]),
      'kafka_dlt-exception-fqcn': 'org.springframework.kafka.listener.ListenerExecutionFailedException',
      'kafka_dlt-exception-cause-fqcn': 'java.lang.IllegalStateException',
      'kafka_dlt-exception-message': 'no such warehouse',
      kafka_deliveryAttempt: Buffer.from([0, 0, 0, 3]),
    }),
  );
  expect(arrival).toMatchObject({
    arrivalId: 'orders.DLT/1/42',
    originalDestination: 'orders',
    partition: 7,
    reason: 'java.lang.IllegalStateException: no such warehouse',
    deliveries: 3,
    failedAt: new Date(1_700_000_000_000),
  });
});

it('reads what Kafka Connect writes, whose dead letters carry the time of the original', () => {
  const arrival = readDeadLetter(
    record({
      '__connect.errors.topic': 'stock',
      '__connect.errors.partition': '12',
      '__connect.errors.exception.class.name': 'org.apache.kafka.connect.errors.DataException',
      '__connect.errors.exception.message': 'bad schema',
    }),
  );
  expect(arrival).toMatchObject({ originalDestination: 'stock', partition: 12, failedAt: null });
  expect(arrival.reason).toBe('org.apache.kafka.connect.errors.DataException: bad schema');
});

it('takes the first origin and the last reason of what died twice', () => {
  const arrival = readDeadLetter(
    record([
      ['x-original-topic', 'orders'],
      ['x-exception-message', 'time-out'],
      ['x-original-topic', 'orders-retry'],
      ['x-exception-message', 'rejected'],
    ]),
  );
  expect(arrival).toMatchObject({ originalDestination: 'orders', reason: 'rejected' });
});

it('leaves unknown what no header says, and keeps a tombstone a tombstone', () => {
  const arrival = readDeadLetter({ ...record({}), value: null, timestamp: -1n });
  expect(arrival).toMatchObject({
    body: null,
    partition: null,
    originalDestination: null,
    reason: null,
    failedAt: null,
    messageId: null,
  });
});
