import { expect, test } from 'vitest';
import { createEventHub } from './hub.ts';

function collect(hub: ReturnType<typeof createEventHub>, lastId?: number) {
  const topics: string[] = [];
  const stop = hub.subscribe(({ topic }) => topics.push(topic), lastId);
  return { topics, stop };
}

test('everybody who listens hears each event once, and nobody hears any after leaving', () => {
  const hub = createEventHub();
  const [one, other] = [collect(hub), collect(hub)];
  hub.publish('a', {});
  one.stop();
  hub.publish('b', {});
  expect(one.topics).toEqual(['a']);
  expect(other.topics).toEqual(['a', 'b']);
  expect(hub.listeners).toBe(1);
});

test('who comes back hears what it missed, in order, as far as it is kept', () => {
  const hub = createEventHub(3);
  for (const topic of ['a', 'b', 'c', 'd', 'e']) hub.publish(topic, {});
  expect(collect(hub, 4).topics).toEqual(['e']);
  expect(collect(hub, 1).topics).toEqual(['c', 'd', 'e']);
  expect(collect(hub).topics).toEqual([]);
});

test('an id from before a restart brings all that is kept', () => {
  const hub = createEventHub();
  hub.publish('a', {});
  expect(collect(hub, 900).topics).toEqual(['a']);
});
