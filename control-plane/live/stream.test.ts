import { expect, test } from 'vitest';
import { createEventHub } from './hub.ts';
import { streamEvents } from './stream.ts';

/** A client that can be made to stop reading. */
function createClient() {
  const received: string[] = [];
  let unblock = () => {};
  let blocked: Promise<void> = Promise.resolve();
  const aborted: (() => void)[] = [];
  const write = async (text: string) => {
    await blocked;
    received.push(text);
  };
  const sink = {
    aborted: false,
    write: async (text: string | Uint8Array) => {
      await write(String(text));
      return sink as never;
    },
    writeSSE: async ({ id, event }: { id?: string; event?: string }) => write(`${id} ${event}`),
    onAbort: (listener: () => void) => void aborted.push(listener),
  };
  return {
    sink,
    received,
    block: () => (blocked = new Promise((resolve) => (unblock = resolve))),
    unblock: () => unblock(),
    leave: () => {
      sink.aborted = true;
      for (const listener of aborted) listener();
    },
  };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
const options = (events: ReturnType<typeof createEventHub>) => ({
  events,
  lastId: undefined,
  heartbeatMs: 10_000,
  stopped: new AbortController().signal,
  mayStay: () => Promise.resolve(true),
});

test('events reach the client in order until it leaves, and then nothing of it remains', async () => {
  const hub = createEventHub();
  const client = createClient();
  const done = streamEvents(client.sink, options(hub));
  hub.publish('a', 1);
  await settle();
  hub.publish('b', 2);
  await settle();
  expect(client.received.slice(1)).toEqual(['1 a', '2 b']);
  client.leave();
  await done;
  expect(hub.listeners).toBe(0);
});

test('a client that does not read loses the oldest news and no memory is spent on it', async () => {
  const hub = createEventHub();
  const client = createClient();
  const done = streamEvents(client.sink, options(hub));
  await settle();
  void client.block();
  for (let count = 0; count < 500; count += 1) hub.publish('a', count);
  client.unblock();
  await settle();
  expect(client.received.length).toBeLessThan(105);
  expect(client.received.at(-1)).toBe('500 a');
  client.leave();
  await done;
});

test('a stopping process ends the stream', async () => {
  const hub = createEventHub();
  const stopping = new AbortController();
  const done = streamEvents(createClient().sink, { ...options(hub), stopped: stopping.signal });
  await settle();
  stopping.abort();
  await done;
  expect(hub.listeners).toBe(0);
});

test('whoever loses access meanwhile hears nothing more, however busy the stream is', async () => {
  const hub = createEventHub();
  const client = createClient();
  let may = true;
  const done = streamEvents(client.sink, { ...options(hub), heartbeatMs: 10, mayStay: async () => may });
  const busy = setInterval(() => hub.publish('a', {}), 2);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(client.received).toContain(': still here\n\n');
  may = false;
  await done;
  clearInterval(busy);
  expect(hub.listeners).toBe(0);
});
