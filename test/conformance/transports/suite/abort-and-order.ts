import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Harness, Stand } from '../harness.ts';
import { message, never, range } from '../tailing.ts';

/** Equal keys keep their order, and a replay that is stopped leaves behind only what it says. */
export function abortsAndOrders(harness: Harness, stand: () => Stand): void {
  it('keeps the order of each key, if it says so, in a batch and from one batch to the next', async () => {
    const place = await stand().createPlace();
    const transport = stand().open();
    const keys = range(5);
    for (const batch of range(4)) {
      const messages = range(100).map((n) =>
        message(`${batch * 100 + n}`, { key: Buffer.from(`key ${n % keys.length}`) }),
      );
      const results = await transport.send(place.to, messages, never);
      expect(results.filter(({ kind }) => kind !== 'accepted')).toEqual([]);
    }
    const arrived = (await stand().received(place, 400)).map(({ messageId }) => Number(messageId));
    expect(arrived).toHaveLength(400);
    expect([...new Set(arrived)]).toHaveLength(400);
    for (const key of harness.keepsOrder ? keys : []) {
      const ofKey = arrived.filter((n) => n % keys.length === key);
      expect(ofKey).toEqual([...ofKey].sort((a, b) => a - b));
    }
  });

  it('sends nothing once stopped, and of a batch under way exactly what it calls accepted', async () => {
    const place = await stand().createPlace();
    expect(
      await stand()
        .open()
        .send(place.to, [message('no')], AbortSignal.abort()),
    ).toMatchObject([{ kind: 'refused', retryable: true }]);
    const stop = new AbortController();
    const batch = range(2000).map((n) => message(`m${n}`, { body: Buffer.alloc(2000, n) }));
    const transport = stand().open({ inFlightMax: 10 });
    // So that stopping meets it while it sends, not while it connects.
    await transport.send(place.to, [message('first')], never);
    const sending = transport.send(place.to, batch, stop.signal);
    await sleep(15);
    stop.abort();
    const results = await sending;
    const accepted = batch.flatMap(({ messageId }, at) =>
      results[at]?.kind === 'accepted' ? [messageId] : [],
    );
    const refused = results.filter((result) => result.kind === 'refused' && result.retryable);
    expect(accepted.length + refused.length).toBe(batch.length);
    expect(refused.length).toBeGreaterThan(0);
    const arrived = await stand().received(place, accepted.length + 1);
    expect(arrived.map(({ messageId }) => messageId).sort()).toEqual(['first', ...accepted].sort());
  });
}
