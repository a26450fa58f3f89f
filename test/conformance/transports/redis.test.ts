import { createClient } from '@redis/client';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openRedis } from '@plumbline/control-plane/transports/redis.ts';
import type { Transport } from '@plumbline/control-plane/transports/port.ts';
import { startRedis, whyNoRedis } from '../../brokers/redis.ts';
import type { Stand } from './harness.ts';
import { holdsToThePort } from './suite.ts';
import { collect, message, never, range, tailAll, tailFor, tailOptions } from './tailing.ts';

interface RedisStand extends Stand {
  /** A command of a client that is not ours. */
  readonly ask: (...command: (string | Buffer)[]) => Promise<unknown>;
  readonly url: string;
  readonly openUrl: (url: string) => Transport;
}

holdsToThePort<RedisStand>(
  {
    name: 'Redis',
    why: whyNoRedis(),
    carries: {
      binaryHeaders: 'kept',
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
    deduplicates: 'no',
    keepsOrder: true,
    kinds: { '': 'yes' },
    outliveKill: [''],
    start,
  },
  (stand) => {
    stuckEntries(stand);
    entries(stand);
    refusals(stand);
  },
);

async function start(): Promise<RedisStand> {
  const broker = await startRedis();
  const opened: Transport[] = [];
  const openUrl = (url: string, options = {}): Transport => {
    const transport = openRedis(url, {
      application: 'plumbline-test',
      now: () => new Date(),
      answerWithinMs: 4000,
      ...options,
    });
    opened.push(transport);
    return transport;
  };
  const ask = async (...command: (string | Buffer)[]) => {
    const client = createClient({ url: broker.url, RESP: 2 });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await client.sendCommand(command);
    } finally {
      client.destroy();
    }
  };
  return {
    ask,
    openUrl,
    url: broker.url,
    open: (options) => openUrl(broker.url, options),
    openAt: (port) => openUrl(`redis://127.0.0.1:${port}`),
    nowhere: `nowhere-${randomUUID()}`,
    async createPlace() {
      const stream = `s-${randomUUID()}`;
      await ask('XGROUP', 'CREATE', stream, 'business', '$', 'MKSTREAM');
      return { to: stream, from: stream };
    },
    received: (place, length) => tailAll(openUrl(broker.url), place.from, length),
    target: broker.ownProcess,
    settleMs: 0,
    async close() {
      await Promise.all(opened.map((transport) => transport.close()));
      await broker.close();
    },
  };
}

/** Entries that a group was given too often. */
function stuckEntries(stand: () => RedisStand): void {
  /** Ten entries, of which the group has been given the first three five times and the fourth twice. */
  async function stuck() {
    const { to: stream } = await stand().createPlace();
    await stand()
      .open()
      .send(
        stream,
        range(10).map((n) => message(`m${n}`)),
        never,
      );
    const given = (await stand().ask(
      'XREADGROUP',
      'GROUP',
      'business',
      'erp-1',
      'COUNT',
      '6',
      'STREAMS',
      stream,
      '>',
    )) as [[string, [string, unknown][]]];
    const ids = given[0][1].map(([id]) => id);
    for (const [at, times] of [5, 5, 5, 2].entries())
      await stand().ask(
        'XCLAIM',
        stream,
        'business',
        'erp-2',
        '0',
        ids[at] ?? '',
        'RETRYCOUNT',
        String(times),
      );
    const pending = async () => (await stand().ask('XPENDING', stream, 'business')) as [number, ...unknown[]];
    return { stream, ids, pending, from: `${stream}?group=business&deliveries=5&idle=50ms` };
  }

  it('takes what a group has given up on, only that, and frees the group of it once it is stored', async () => {
    const { stream, ids, pending, from } = await stuck();
    await sleep(100);
    const transport = stand().open();
    expect(await transport.depth(from, never)).toBe(3);
    expect((await transport.browse?.(from, 2, never))?.map(({ messageId }) => messageId)).toEqual([
      'm0',
      'm1',
    ]);
    let isAway = true;
    const seen: (readonly [string, boolean | undefined])[] = [];
    const got = collect();
    const stop = new AbortController();
    const tail = transport.tail(
      from,
      tailOptions(stop.signal, async (batch) => {
        seen.push(...batch.map(({ arrivalId, isFirstDelivery }) => [arrivalId, isFirstDelivery] as const));
        if (isAway) {
          isAway = false;
          expect((await pending())[0]).toBe(6);
          throw new Error('the database is away');
        }
        await got.store(batch);
      }),
    );
    await got.until(3);
    await expect.poll(async () => (await pending())[0]).toBe(3);
    stop.abort();
    await tail;
    expect(got.arrivals.map(({ messageId }) => messageId)).toEqual(['m0', 'm1', 'm2']);
    expect(got.arrivals[0]).toMatchObject({
      arrivalId: `${stream}/${ids[0]}?group=business`,
      originalDestination: stream,
      deliveries: 5,
      reason: expect.stringContaining('delivered 5 times to business') as unknown,
    });
    expect(seen.slice(0, 3).map(([id]) => id)).toEqual(seen.slice(3).map(([id]) => id));
    expect(seen.map(([, isFirst]) => isFirst)).toEqual([true, true, true, false, false, false]);
  });

  it('leaves alone what a consumer is at work on', async () => {
    const { pending, stream } = await stuck();
    const stop = new AbortController();
    const got = collect();
    const tail = stand()
      .open()
      .tail(`${stream}?group=business&deliveries=1&idle=1h`, tailOptions(stop.signal, got.store));
    await sleep(1500);
    stop.abort();
    await tail;
    expect(got.arrivals).toEqual([]);
    expect((await pending())[0]).toBe(6);
  });

  it('tells of an entry that was trimmed away while it was pending', async () => {
    const { stream, ids, from } = await stuck();
    await stand().ask('XDEL', stream, ids[1] ?? '');
    await sleep(100);
    const arrived = await tailFor(stand().open(), from, 3);
    expect(arrived.map(({ body }) => body?.toString() ?? null)).toEqual(['{"id":"m0"}', null, '{"id":"m2"}']);
    expect(arrived[1]?.reason).toContain('trimmed or deleted');
  });

  it('says that a group is not there, and never sends to one', async () => {
    const { to: stream } = await stand().createPlace();
    const nobody = `${stream}?group=nobody&deliveries=3`;
    await expect(
      stand()
        .open()
        .tail(
          nobody,
          tailOptions(never, async () => undefined),
        ),
    ).rejects.toThrow('no group nobody');
    expect(
      await stand()
        .open()
        .send(nobody, [message('a')], never),
    ).toMatchObject([{ kind: 'refused', retryable: false }]);
  });
}

function entries(stand: () => RedisStand): void {
  it('sends the entry of an application again field by field, and its message id', async () => {
    const { to: stream } = await stand().createPlace();
    const fields = ['payload', '{"a":1}', 'tag', 'x', 'tag', 'y', '', 'unnamed', 'redis.body', 'z'];
    await stand().ask('XADD', stream, '*', ...fields, Buffer.from([255]), Buffer.from([0, 1]));
    const [arrival] = await tailFor(stand().open(), stream, 1);
    expect(arrival).toMatchObject({ body: Buffer.from('{"a":1}'), messageId: null });
    if (!arrival) return;
    const again = { ...arrival, messageId: 'm', deduplicationId: 'm:1' };
    await stand().open().send(stream, [again], never);
    const hex = `for _, e in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do for i, f in ipairs(e[2]) do e[2][i] = (string.gsub(f, '.', function(c) return string.format('%02x', string.byte(c)) end)) end; t = t or {}; table.insert(t, e[2]) end; return t`;
    const [first, second] = (await stand().ask('EVAL', `local t = {}; ${hex}`, '1', stream)) as string[][];
    expect(second).toEqual([...(first ?? []), Buffer.from('message-id').toString('hex'), '6d']);
  });

  it('takes over what a reader of its group under another name left behind', async () => {
    const { to: stream } = await stand().createPlace();
    await stand()
      .open()
      .send(stream, [message('left')], never);
    await stand().ask('XGROUP', 'CREATE', stream, 'plumbline-test', '0');
    await stand().ask('XREADGROUP', 'GROUP', 'plumbline-test', 'old-name', 'STREAMS', stream, '>');
    expect((await tailFor(stand().open(), stream, 1)).map(({ messageId }) => messageId)).toEqual(['left']);
  });
}

function refusals(stand: () => RedisStand): void {
  it('tells refusals that pass from those that do not', async () => {
    const { to: stream } = await stand().createPlace();
    const text = `text-${randomUUID()}`;
    await stand().ask('SET', text, 'x');
    const transport = stand().open();
    const sent = async (to: string) => (await transport.send(to, [message('a')], never))[0];
    expect(await sent(text)).toMatchObject({ kind: 'refused', retryable: false });
    await expect(
      transport.tail(
        text,
        tailOptions(never, async () => undefined),
      ),
    ).rejects.toThrow('no stream');
    await stand().ask('CONFIG', 'SET', 'maxmemory', '1');
    expect(await sent(stream)).toMatchObject({ kind: 'refused', retryable: true });
    await stand().ask('CONFIG', 'SET', 'maxmemory', '0');
    await stand().ask('REPLICAOF', '127.0.0.1', '1');
    expect(await sent(stream)).toMatchObject({ kind: 'refused', retryable: true });
    await stand().ask('REPLICAOF', 'NO', 'ONE');
    await stand().ask('ACL', 'SETUSER', 'reader', 'on', '>secret', '~*', '+@all', '-xadd', '-config');
    const { port } = new URL(stand().url);
    const reader = stand().openUrl(`redis://reader:secret@127.0.0.1:${port}`);
    expect(await reader.send(stream, [message('a')], never)).toMatchObject([
      { kind: 'refused', retryable: false },
    ]);
    expect(await reader.promises(stream, never)).toMatchObject({ durable: 'unknown' });
    const stranger = stand().openUrl(`redis://reader:wrong@127.0.0.1:${port}`);
    expect(await stranger.send(stream, [message('a')], never)).toMatchObject([
      { kind: 'refused', retryable: false },
    ]);
    expect(await sent(stream)).toMatchObject({ kind: 'accepted' });
  });

  it('says how the server keeps what it accepts', async () => {
    const { to: stream } = await stand().createPlace();
    const transport = stand().open();
    const promised = () => transport.promises(stream, never);
    for (const [setting, before, now, words] of [
      ['appendfsync', 'always', 'everysec', 'appendfsync everysec'],
      ['appendonly', 'yes', 'no', 'no append-only file'],
    ] as const) {
      await stand().ask('CONFIG', 'SET', setting, now);
      const { durable, note } = await promised();
      expect([durable, note]).toEqual(['no', expect.stringContaining(words)]);
      await stand().ask('CONFIG', 'SET', setting, before);
    }
    await stand().ask('CONFIG', 'SET', 'maxmemory', '1gb', 'maxmemory-policy', 'allkeys-lru');
    expect((await promised()).durable).toBe('no');
    await stand().ask('CONFIG', 'SET', 'maxmemory', '0', 'maxmemory-policy', 'noeviction');
    expect((await promised()).durable).toBe('yes');
    await transport.send(
      stream,
      range(5).map((n) => message(`m${n}`)),
      never,
    );
    await stand().ask('XTRIM', stream, 'MAXLEN', '2');
    expect((await promised()).note).toContain('3 were trimmed or deleted');
  });
}
