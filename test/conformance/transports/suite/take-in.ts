import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Arrival } from '@plumbline/control-plane/transports/port.ts';
import type { Harness, Stand } from '../harness.ts';
import { collect, message, never, range, tailFor, tailOptions } from '../tailing.ts';

const nothing = async () => undefined;

/** A tail stores before it acknowledges, in bounded batches, and ends when it is told to. */
export function takesIn(harness: Harness, stand: () => Stand): void {
  const fill = async (length: number) => {
    const place = await stand().createPlace();
    const batch = range(length).map((n) => message(`m${n}`, { key: Buffer.from(`k${n}`) }));
    const results = await stand().open().send(place.to, batch, never);
    expect(results.every(({ kind }) => kind === 'accepted')).toBe(true);
    return place;
  };

  it('delivers again what could not be stored, under the same name, and nothing once it is', async () => {
    const place = await fill(30);
    const refused: Arrival[] = [];
    const got = collect();
    const stop = new AbortController();
    const transport = stand().open();
    const store = async (batch: readonly Arrival[]) => {
      if (refused.length === 0) {
        refused.push(...batch);
        throw new Error('the database is away');
      }
      await got.store(batch);
    };
    // A file that waits ends its tail with the error; whoever runs it starts it again.
    const tail = (async () => {
      while (!stop.signal.aborted)
        await transport.tail(place.from, tailOptions(stop.signal, store)).catch(() => undefined);
    })();
    await got.untilIds(30);
    stop.abort();
    await tail;
    const names = new Map(got.arrivals.map(({ messageId, arrivalId }) => [messageId, arrivalId]));
    expect(names.size).toBe(30);
    expect(new Set(names.values()).size).toBe(30);
    expect(refused.length).toBeGreaterThan(0);
    for (const { messageId, arrivalId } of refused) expect(names.get(messageId)).toBe(arrivalId);
    await stand()
      .open()
      .send(place.to, [message('later')], never);
    expect((await tailFor(stand().open(), place.from, 1)).map(({ messageId }) => messageId)).toEqual([
      'later',
    ]);
  });

  it('delivers again, under the same name, what it held when its process died', async () => {
    const place = await fill(20);
    const doomed = stand().open();
    const held: Arrival[] = [];
    const stop = new AbortController();
    let die = (): void => undefined;
    const dead = new Promise<void>((resolve) => (die = resolve));
    const tail = doomed.tail(
      place.from,
      tailOptions(stop.signal, async (batch) => {
        held.push(...batch);
        // Stored, and the process dies before it acknowledges: nothing more is heard of it.
        die();
        await new Promise(() => undefined);
      }),
    );
    tail.catch(() => undefined);
    await dead;
    stop.abort();
    await doomed.close();
    const arrived = await tailFor(stand().open(), place.from, 20);
    const names = new Map(arrived.map(({ messageId, arrivalId }) => [messageId, arrivalId]));
    expect(held.length).toBeGreaterThan(0);
    for (const { messageId, arrivalId } of held) expect(names.get(messageId)).toBe(arrivalId);
  });

  it('hands over at most batchMax, and a single one without waiting for more', async () => {
    const place = await fill(50);
    const sizes: number[] = [];
    const got = collect();
    const stop = new AbortController();
    const options = tailOptions(stop.signal, async (batch) => {
      sizes.push(batch.length);
      await got.store(batch);
    });
    const tail = stand()
      .open()
      .tail(place.from, { ...options, batchMax: 7 });
    await got.until(50);
    expect(Math.max(...sizes)).toBe(7);
    const sentMs = performance.now();
    await stand()
      .open()
      .send(place.to, [message('single')], never);
    await got.until(51);
    expect(performance.now() - sentMs).toBeLessThan(5000);
    stop.abort();
    await tail;
  });

  it('refuses a place that is not there in a sentence, and ends at once when told while it is idle', async () => {
    await expect(stand().open().tail(stand().nowhere, tailOptions(never, nothing))).rejects.toThrow(/.{20,}/);
    const place = await stand().createPlace();
    const stop = new AbortController();
    let isConnected = (): void => undefined;
    const connected = new Promise<void>((resolve) => (isConnected = resolve));
    const tail = stand()
      .open()
      .tail(place.from, { ...tailOptions(stop.signal, nothing), onState: () => isConnected() });
    await connected;
    await sleep(300);
    const stoppedMs = performance.now();
    stop.abort();
    await tail;
    expect(performance.now() - stoppedMs).toBeLessThan(1000);
  });

  if (!harness.connects) return;
  it('ends within a second when told while it connects to what never answers', async () => {
    const { openAt } = stand();
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const transport = openAt(port);
    const stop = new AbortController();
    const tail = transport.tail('any', tailOptions(stop.signal, nothing)).catch(() => undefined);
    await sleep(200);
    const stoppedMs = performance.now();
    stop.abort();
    await tail;
    expect(performance.now() - stoppedMs).toBeLessThan(1000);
    await transport.close();
    silent.close();
  });
}
