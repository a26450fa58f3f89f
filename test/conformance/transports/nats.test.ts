import { AckPolicy, jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openNats } from '@plumbline/control-plane/transports/nats.ts';
import type { SendResult, Transport } from '@plumbline/control-plane/transports/port.ts';
import type { Broker } from '../../brokers/broker.ts';
import { startNats, whyNoNats } from '../../brokers/nats.ts';
import { collect, message, missing, range, tailFor, tailOptions } from './tailing.ts';

const never = new AbortController().signal;
const why = whyNoNats();
if (why) console.warn(why);

describe.skipIf(why !== undefined)('NATS JetStream', () => {
  let broker: Broker;
  let connection: NatsConnection;
  let manager: JetStreamManager;
  const opened: Transport[] = [];

  beforeAll(async () => {
    broker = await startNats();
    connection = await connect({
      servers: new URL(broker.url).host,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 100,
    });
    manager = await jetstreamManager(connection);
  });
  afterAll(async () => {
    await Promise.all(opened.map((transport) => transport.close()));
    await connection?.close();
    await broker?.close();
  });

  const open = (): Transport => {
    const transport = openNats(broker.url, {
      application: 'plumbline-test',
      now: () => new Date(),
      answerWithinMs: 4000,
    });
    opened.push(transport);
    return transport;
  };
  const createStream = async () => {
    const name = `S-${randomUUID()}`;
    const subject = `${name}.dead`;
    await manager.streams.add({ name, subjects: [`${name}.>`] });
    return { name, subject };
  };

  it('carries bodies and doubled headers, names the position, and acknowledges once stored', async () => {
    const { name, subject } = await createStream();
    const transport = open();
    const headers = [
      ['X-One', Buffer.from('a')],
      ['X-One', Buffer.from('b')],
    ] as const;
    const results = await transport.send(
      subject,
      [message('a', { body: Buffer.from([0, 255]), headers }), message('b', { body: Buffer.alloc(0) })],
      never,
    );
    expect(results).toEqual([
      { kind: 'accepted', position: `${name}/1` },
      { kind: 'accepted', position: `${name}/2` },
    ]);
    const [a, b] = await tailFor(transport, subject, 2);
    expect(a).toMatchObject({ arrivalId: `${name}/1`, messageId: 'a', body: Buffer.from([0, 255]) });
    expect(a?.headers.filter(([header]) => header === 'X-One')).toEqual(headers);
    expect(b?.body).toEqual(Buffer.alloc(0));
    expect(await transport.depth(subject, never)).toBe(0);
    await transport.send(subject, [message('c')], never);
    expect((await tailFor(transport, subject, 1)).map(({ messageId }) => messageId)).toEqual(['c']);
  });

  it('lets the server drop a second send of one generation, and only that', async () => {
    const { name, subject } = await createStream();
    const transport = open();
    for (const deduplicationId of ['m/1', 'm/1', 'm/2'])
      await transport.send(subject, [message('m', { deduplicationId })], never);
    expect((await manager.streams.info(name)).state.messages).toBe(2);
  });

  it('delivers a batch again that could not be stored, and shows and counts what waits', async () => {
    const { subject } = await createStream();
    const transport = open();
    await transport.send(
      subject,
      range(30).map((n) => message(`m${n}`)),
      never,
    );
    expect(await transport.browse?.(subject, 12, never)).toHaveLength(12);
    expect(await transport.depth(subject, never)).toBe(30);
    const got = collect();
    let refusals = 2;
    const stop = new AbortController();
    const tail = transport.tail(
      subject,
      tailOptions(stop.signal, async (batch) => {
        if (refusals-- > 0) throw new Error('the database is away');
        await got.store(batch);
      }),
    );
    await got.until(30);
    stop.abort();
    await tail;
    expect(got.ids().size).toBe(30);
    expect(await transport.depth(subject, never)).toBe(0);
    expect(await transport.browse?.(subject, 12, never)).toEqual([]);
  });

  it('fetches the original of an advisory, and says when it is gone', async () => {
    const { name, subject } = await createStream();
    const advisories = `$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.${name}.*`;
    const transport = open();
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

  it('refuses for good what cannot travel, and says what is promised', async () => {
    const { subject } = await createStream();
    const transport = open();
    const batch = [
      message('tombstone', { body: null }),
      message('binary', { headers: [['x', Buffer.from([255])]] }),
      message('huge', { body: Buffer.alloc(2 * 1024 * 1024) }),
      message('fine'),
    ];
    const results = await transport.send(subject, batch, never);
    expect(results.map(({ kind }) => kind)).toEqual(['refused', 'refused', 'refused', 'accepted']);
    expect(results[2]).toMatchObject({
      retryable: false,
      reason: expect.stringContaining('max_payload') as unknown,
    });
    const [nowhere] = await transport.send('nobody.listens', [message('x')], never);
    expect(nowhere).toMatchObject({ kind: 'refused', retryable: false });
    await expect(transport.depth('nobody.listens', never)).rejects.toThrow(/create one/);
    expect(await transport.promises(subject, never)).toMatchObject({
      durable: 'no',
      deduplicates: { forMs: 120_000 },
      note: expect.stringContaining('sync') as unknown,
    });
  });

  it('survives kills of the server while tailing and sending', async (context) => {
    const own = broker.ownProcess;
    if (!own) return context.skip('the server of NATS_URL is not ours to kill');
    const { subject } = await createStream();
    const [tailing, sending] = [open(), open()];
    const got = collect();
    const stop = new AbortController();
    const tail = tailing.tail(subject, tailOptions(stop.signal, got.store));
    const outcomes = new Map<string, SendResult>();
    let running = true;
    const work = (async () => {
      for (let n = 0; running; n += 50) {
        const results = await sending.send(
          subject,
          range(50).map((m) => message(`${n + m}`)),
          never,
        );
        for (const [nth, result] of results.entries()) outcomes.set(`${n + nth}`, result);
        if (results.some(({ kind }) => kind !== 'accepted')) await sleep(50);
      }
    })();
    for (let kill = 0; kill < 2; kill += 1) {
      await got.untilIds(got.ids().size + 200);
      await own.kill();
      await sleep(500);
      await own.start();
    }
    await got.untilIds(got.ids().size + 200);
    running = false;
    await work;
    const ids = (kind: SendResult['kind']) =>
      [...outcomes].filter(([, result]) => result.kind === kind).map(([id]) => id);
    await expect.poll(() => missing(ids('accepted'), got.ids()), { timeout: 60_000 }).toEqual([]);
    stop.abort();
    await tail;
    expect(missing(ids('refused'), got.ids())).toEqual(ids('refused'));
  });
});
