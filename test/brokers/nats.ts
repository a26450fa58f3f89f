import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Broker } from './broker.ts';
import { freePort } from '@plumbline/deploy/local/process/ports.ts';
import { startOwnBroker } from './child.ts';

const readyWithinMs = 20_000;

/** Why no NATS can be had here, and how to get one; undefined when it can. */
export function whyNoNats(): string | undefined {
  if (process.env['NATS_URL'] || program()) return undefined;
  return 'nats-server is not installed: the tests over NATS are skipped. On Debian: apt-get install nats-server';
}

/** The NATS of NATS_URL, or one of our own with JetStream that is gone after `close`. */
export async function startNats(): Promise<Broker> {
  const given = process.env['NATS_URL'];
  if (given) return { url: given, ownProcess: null, close: async () => undefined };
  const command = program();
  if (!command) throw new Error(whyNoNats());

  const dir = mkdtempSync(join(tmpdir(), 'plumbline-nats-'));
  const port = await freePort();
  const args = ['--addr', '127.0.0.1', '--port', String(port), '--jetstream', '--store_dir', dir];
  return startOwnBroker({
    name: 'nats-server',
    url: `nats://127.0.0.1:${port}`,
    dir,
    command,
    args,
    readyWithinMs,
    answers: () => greets(port),
  });
}

/** Debian puts it where only root looks. */
function program(): string | undefined {
  return ['nats-server', '/usr/sbin/nats-server'].find(
    (path) => spawnSync(path, ['--version'], { stdio: 'ignore' }).status === 0,
  );
}

/** A server that is ready greets each connection with one line that says what it can. */
async function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const done = (ready: boolean) => {
      socket.destroy();
      resolve(ready);
    };
    socket.setTimeout(1000, () => done(false));
    socket.once('error', () => done(false));
    socket.once('data', (data) => done(/"jetstream":true/.test(data.toString())));
  });
}
