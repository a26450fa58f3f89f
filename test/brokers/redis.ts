import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Broker } from './broker.ts';
import { freePort } from '@plumbline/deploy/local/process/ports.ts';
import { startOwnBroker } from './child.ts';

const readyWithinMs = 20_000;
const program = 'redis-server';

/** Why no Redis can be had here, and how to get one; undefined when it can. */
export function whyNoRedis(): string | undefined {
  if (process.env['REDIS_URL'] || hasProgram()) return undefined;
  return 'redis-server is not installed: the tests over Redis are skipped. On Debian: apt-get install redis-server';
}

/** The Redis of REDIS_URL, or one of our own, every write of which is on disk before its answer; gone after `close`. */
export async function startRedis(): Promise<Broker> {
  const given = process.env['REDIS_URL'];
  if (given) return { url: given, ownProcess: null, close: async () => undefined };
  const missing = whyNoRedis();
  if (missing) throw new Error(missing);

  const dir = mkdtempSync(join(tmpdir(), 'plumbline-redis-'));
  const port = await freePort();
  const settings = {
    bind: '127.0.0.1',
    port: String(port),
    dir,
    appendonly: 'yes',
    appendfsync: 'always',
    save: '',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  return startOwnBroker({
    name: 'redis-server',
    url: `redis://127.0.0.1:${port}`,
    dir,
    command: program,
    args,
    readyWithinMs,
    answers: () => answers(port),
  });
}

function hasProgram(): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** A server that still reads its files answers -LOADING. */
async function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const done = (ready: boolean) => {
      socket.destroy();
      resolve(ready);
    };
    socket.setTimeout(1000, () => done(false));
    socket.once('error', () => done(false));
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => done(data.toString().startsWith('+PONG')));
  });
}
