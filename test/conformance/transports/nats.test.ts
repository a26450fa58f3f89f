import {
  AckPolicy,
  jetstream,
  StorageType,
  jetstreamManager,
  type JetStreamManager,
} from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { openNats } from '@plumbline/control-plane/transports/nats.ts';
import type { Transport } from '@plumbline/control-plane/transports/port.ts';
import { startNats, whyNoNats } from '../../brokers/nats.ts';
import type { Stand } from './harness.ts';
import { holdsToThePort } from './suite.ts';
import { message, never, range, tailAll, tailFor, tailOptions } from './tailing.ts';

interface NatsStand extends Stand {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
}

holdsToThePort<NatsStand>(
  {
    name: 'NATS',
    why: whyNoNats(),
    carries: {
      binaryHeaders: 'refused',
      repeatedHeaders: 'kept',
      emptyHeaders: 'kept',
      key: 'left out',
      partition: 'left out',
      tombstones: 'refused',
    },
    reads: true,
    connects: true,
    browses: true,
    counts: true,
    deduplicates: 'yes',
    keepsOrder: true,
    kinds: { file: 'no', memory: 'no' },
    outliveKill: ['file'],
    start,
  },
  ownTests,
);

async function start(): Promise<NatsStand> {
  const broker = await startNats();
  const connection = await connect({
    servers: new URL(broker.url).host,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
  });
  const manager = await jetstreamManager(connection);
  const opened: Transport[] = [];
  const openUrl = (url: string, options = {}): Transport => {
    const transport = openNats(url, {
      application: 'plumbline-test',
      now: () => new Date(),
      answerWithinMs: 4000,
      ...options,
    });
    opened.push(transport);
    return transport;
  };
  return {
    connection,
    manager,
    open: (options) => openUrl(broker.url, options),
    openAt: (port) => openUrl(`nats://127.0.0.1:${port}`),
    nowhere: `nowhere.${randomUUID()}`,
    async createPlace(kind = 'file') {
      const name = `S-${randomUUID()}`;
      await manager.streams.add({
        name,
        subjects: [`${name}.>`],
        storage: kind === 'memory' ? StorageType.Memory : StorageType.File,
      });
      return { to: `${name}.dead`, from: `${name}.dead` };
    },
    received: (place, length) => tailAll(openUrl(broker.url), place.from, length),
    target: broker.ownProcess,
    settleMs: 0,
    async close() {
      await Promise.all(opened.map((transport) => transport.close()));
      await connection.close();
      await broker.close();
    },
  };
}

function ownTests(stand: () => NatsStand): void {
  it('fetches the original of an advisory, and says when it is gone', async () => {
    const { to: subject } = await stand().createPlace();
    const name = subject.replace(/\.dead$/, '');
    const { manager, connection } = stand();
    const advisories = `$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.${name}.*`;
    const transport = stand().open();
    await expect(
      transport.tail(
        advisories,
        tailOptions(never, async () => undefined),
      ),
    ).rejects.toThrow(/create one with this subject/);
    await manager.streams.add({ name: `A-${randomUUID()}`, subjects: [advisories] });
    await manager.consumers.add(name, {
      durable_name: 'worker',
      ack_policy: AckPolicy.Explicit,
      max_deliver: 1,
      ack_wait: 200_000_000,
    });
    await transport.send(subject, [message('poison'), message('gone')], never);
    const worker = await jetstream(connection).consumers.get(name, 'worker');
    for (const delivery of await Promise.all(range(2).map(() => worker.next({ expires: 2000 })))) {
      if (delivery?.seq === 2) await manager.streams.deleteMessage(name, 2);
    }
    void worker.next({ expires: 3000 });
    const [arrival] = await tailFor(transport, advisories, 1);
    expect(arrival).toMatchObject({
      messageId: 'poison',
      originalDestination: subject,
      body: Buffer.from('{"id":"poison"}'),
      deliveries: 1,
      reason: expect.stringMatching(/^max_deliveries: worker/) as unknown,
    });
  });

  it('refuses for good what is larger than the server takes, and says what that is', async () => {
    const { to: subject } = await stand().createPlace();
    const batch = [message('huge', { body: Buffer.alloc(2 * 1024 * 1024) }), message('fine')];
    const [huge, fine] = await stand().open().send(subject, batch, never);
    expect(huge).toMatchObject({
      kind: 'refused',
      retryable: false,
      reason: expect.stringContaining('max_payload') as unknown,
    });
    expect(fine).toMatchObject({ kind: 'accepted' });
  });
}
