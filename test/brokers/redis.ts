import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Broker } from './broker.ts';
import { endChild, freePort, spawnLogged, untilReady, type Child } from './child.ts';

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
  let child: Child;
  const start = async () => {
    child = spawnLogged(program, args, join(dir, 'redis.log'));
    await untilReady(child, 'redis-server', readyWithinMs, () => answers(port));
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    ownProcess: {
      start,
      kill: () => endChild(child, 'SIGKILL'),
      hang: () => void child.process.kill('SIGSTOP'),
    },
    async close() {
      await endChild(child, 'SIGKILL');
      rmSync(dir, { recursive: true, force: true });
    },
  };
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
