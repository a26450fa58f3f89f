import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { SendResult, Transport } from '@plumbline/control-plane/transports/port.ts';
import type { Harness, Place, Stand } from '../harness.ts';
import { message, missing, never, range } from '../tailing.ts';

const answerWithinMs = 3000;

/** What sends say, told by message id. */
type Told = Map<string, SendResult['kind']>;

/** Lets the target hang in the middle of work, kills it, and starts it again. */
export function survivesCrashes(harness: Harness, stand: () => Stand): void {
  it('loses nothing that it called accepted, and calls nothing refused that is there, when the target is killed', async (context) => {
    const { target, settleMs } = stand();
    if (!target) return context.skip('the target is no process that could be killed here');
    const places = await Promise.all(harness.outliveKill.map((kind) => stand().createPlace(kind)));
    const runs = places.map((place) => ({
      place,
      told: new Map() as Told,
      transport: stand().open({ answerWithinMs }),
    }));
    for (const { transport, place, told } of runs) await send(transport, place, told, 'before', 20);
    await sleep(settleMs);

    let isOver = false;
    const working = runs.map(async ({ transport, place, told }) => {
      for (let nth = 0; !isOver; nth += 1) {
        await send(transport, place, told, `work-${nth}`, 40);
        await sleep(10);
      }
    });
    await sleep(1000);
    target.hang();
    await sleep(300);
    await target.kill();
    for (const { told } of runs) await until(() => count(told, 'unknown') > 0 && count(told, 'refused') > 0);
    await target.start();
    for (const { told } of runs) {
      const before = count(told, 'accepted');
      await until(() => count(told, 'accepted') >= before + 200);
    }
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

function count(told: Told, wanted: SendResult['kind']): number {
  return [...told.values()].filter((kind) => kind === wanted).length;
}

async function until(isSo: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 60_000;
  while (!isSo()) {
    if (Date.now() > deadlineMs) throw new Error('What the test waits for did not come within a minute.');
    await sleep(20);
  }
}
