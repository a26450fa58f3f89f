import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { SendResult, Transport } from '@plumbline/control-plane/transports/port.ts';
import type { Harness, Place, Stand } from '../harness.ts';
import { message, missing, never, range } from '../tailing.ts';

const answerWithinMs = 3000;
/** Brokers write down what was declared up to some seconds later. */
const settleMs = 4000;

/** What sends say, told by message id. */
type Told = Map<string, SendResult['kind']>;

/** Kills the target twice: while it hangs with sends unanswered, and in the middle of work. */
export function survivesCrashes(harness: Harness, stand: () => Stand): void {
  it('loses nothing that it called accepted, and calls nothing refused that is there, when the target is killed', async (context) => {
    const { target } = stand();
    if (!target) return context.skip('the target is no process that could be killed here');
    const places = await Promise.all(Object.keys(harness.kinds).map((kind) => stand().createPlace(kind)));
    const runs = places.map((place) => ({
      place,
      told: new Map() as Told,
      transport: stand().open({ answerWithinMs }),
    }));
    for (const { transport, place, told } of runs) await send(transport, place, told, 'before', 20);
    await sleep(settleMs);

    target.hang();
    const hung = Promise.all(runs.map((run) => send(run.transport, run.place, run.told, 'hung', 50)));
    await sleep(300);
    await target.kill();
    await hung;
    for (const { told } of runs) {
      const kinds = [...told].flatMap(([id, kind]) => (id.startsWith('hung') ? [kind] : []));
      expect(kinds).toHaveLength(50);
      expect(kinds).not.toContain('accepted');
      expect(kinds).toContain('unknown');
    }
    const [first] = runs;
    if (first) await send(first.transport, first.place, first.told, 'away', 3);
    expect([...(first?.told ?? [])].filter(([id]) => id.startsWith('away')).map(([, kind]) => kind)).toEqual(
      range(3).map(() => 'refused'),
    );
    await target.start();

    let isOver = false;
    const working = runs.map(async ({ transport, place, told }) => {
      for (let nth = 0; !isOver; nth += 1) {
        await send(transport, place, told, `work-${nth}`, 40);
        await sleep(10);
      }
    });
    await sleep(1500);
    await target.kill();
    await target.start();
    for (const { told } of runs) await untilAccepted(told, 200);
    isOver = true;
    await Promise.all(working);

    for (const { place, told } of runs) {
      const ids = (kind: SendResult['kind']) => [...told].flatMap(([id, own]) => (own === kind ? [id] : []));
      const arrived = await stand().received(place, ids('accepted').length);
      const there = new Set(arrived.map(({ messageId }) => messageId));
      expect(missing(ids('accepted'), there)).toEqual([]);
      expect(missing(ids('refused'), there)).toEqual(ids('refused'));
    }
  });
}

async function send(transport: Transport, place: Place, told: Told, name: string, length: number) {
  const batch = range(length).map((n) => message(`${name}-${n}`, { key: Buffer.from(`k${n % 5}`) }));
  const results = await transport.send(place.to, batch, never);
  for (const [at, { kind }] of results.entries()) told.set(batch[at]?.messageId ?? '', kind);
}

/** So many more, so that it is known to work again. */
async function untilAccepted(told: Told, more: number): Promise<void> {
  const count = () => [...told.values()].filter((kind) => kind === 'accepted').length;
  const wanted = count() + more;
  const deadlineMs = Date.now() + 60_000;
  while (count() < wanted) {
    if (Date.now() > deadlineMs)
      throw new Error('Nothing was accepted within a minute after the target came back.');
    await sleep(50);
  }
}
