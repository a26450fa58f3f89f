import { expect, it, vi } from 'vitest';
import type { Harness, Stand } from '../harness.ts';
import { message, never, range, tailFor } from '../tailing.ts';

/** What a place promises, holds and shows, asked without changing it. */
export function showsAndPromises(harness: Harness, stand: () => Stand): void {
  it.each(Object.entries(harness.kinds))(
    'says of a place of kind "%s" that it is durable: %s',
    async (kind, durable) => {
      const place = await stand().createPlace(kind);
      const transport = stand().open();
      const promised = await vi.waitFor(() => transport.promises(place.to, never), {
        timeout: 15_000,
        interval: 250,
      });
      expect(promised).toMatchObject({ durable, unroutableNoticed: true, keepsOrder: harness.keepsOrder });
      expect(promised.deduplicates === null).toBe(harness.deduplicates !== 'yes');
      expect(promised.note).toMatch(/^[A-Z\d].{20,}\.$/s);
    },
  );

  // Where nothing is counted, nothing can be asked of a place, only of the service behind it.
  if (harness.counts)
    it('says that a place is not there, and what to do', async () => {
      await expect(stand().open().promises(stand().nowhere, never)).rejects.toThrow(/.{20,}/);
      await expect(stand().open().depth(stand().nowhere, never)).rejects.toThrow(/.{20,}/);
    });

  it(`drops a second send of one generation: ${harness.deduplicates}`, async () => {
    const place = await stand().createPlace();
    const transport = stand().open();
    const kinds: string[] = [];
    for (const deduplicationId of ['m/1', 'm/1', 'm/2']) {
      const [result] = await transport.send(place.to, [message('m', { deduplicationId })], never);
      kinds.push(result?.kind === 'refused' && result.retryable ? 'again' : (result?.kind ?? ''));
    }
    // Never is the next generation taken for one that was sent before.
    const isTaken = harness.deduplicates !== 'until taken';
    expect(kinds).toEqual(['accepted', 'accepted', isTaken ? 'accepted' : 'again']);
    const length = { no: 3, yes: 2, 'until taken': 1 }[harness.deduplicates];
    expect(await stand().received(place, length)).toHaveLength(length);
  });

  it('counts what waits, and shows it without taking it', async () => {
    const place = await stand().createPlace();
    const transport = stand().open();
    const batch = range(30).map((n) => message(`m${n}`, { key: Buffer.from(`k${n}`) }));
    await transport.send(place.to, batch, never);
    expect(await transport.depth(place.from, never)).toBe(harness.counts ? 30 : null);
    const shown = await transport.browse?.(place.from, 12, never);
    expect(shown?.length).toBe(harness.browses ? 12 : undefined);
    if (!harness.browses) return;
    const all = (await transport.browse?.(place.from, 100, never)) ?? [];
    expect(all).toHaveLength(30);
    expect(await transport.depth(place.from, never)).toBe(30);
    const taken = await tailFor(transport, place.from, 30);
    const named = (arrivals: readonly { arrivalId: string; body: Buffer | null }[]) =>
      arrivals.map(({ arrivalId, body }) => `${arrivalId} ${body?.toString()}`).sort();
    expect(named(taken)).toEqual(named(all));
    await expect.poll(() => transport.depth(place.from, never)).toBe(0);
    expect(await transport.browse?.(place.from, 100, never)).toEqual([]);
  });
}
