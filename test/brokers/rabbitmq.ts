import { connect } from 'amqplib';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Broker } from './broker.ts';
import { freePort } from '@plumbline/deploy/local/process/ports.ts';
import { untilReady, type Child } from './child.ts';

const readyWithinMs = 90_000;

/** The script itself, not the wrapper in the path of root, which insists on being run as another user. */
const program = '/usr/lib/rabbitmq/bin/rabbitmq-server';

/** Why no RabbitMQ can be had here, and how to get one; undefined when it can. */
export function whyNoRabbitMq(): string | undefined {
  if (process.env['AMQP_URL'] || existsSync(program)) return undefined;
  return 'rabbitmq-server is not installed: the tests over RabbitMQ are skipped. On Debian: apt-get install rabbitmq-server';
}

/**
 * The RabbitMQ of AMQP_URL, or one of our own that is gone after `close`. With a port for its management API it is always
 * one of our own.
 */
export async function startRabbitMq(managementPort?: number): Promise<Broker> {
  const given = process.env['AMQP_URL'];
  if (given && managementPort === undefined)
    return { url: given, ownProcess: null, close: async () => undefined };
  const missing = whyNoRabbitMq();
  if (missing) throw new Error(missing);

  const dir = mkdtempSync(join(tmpdir(), 'plumbline-rabbitmq-'));
  const url = `amqp://127.0.0.1:${await freePort()}`;
  const mapperPort = String(await freePort());
  const settings = await settingsOf(dir, new URL(url).port, mapperPort);
  if (managementPort !== undefined) openManagement(dir, managementPort);
  let child: Child;
  const start = async () => {
    child = spawnGroup(settings, dir);
    await untilReady(child, 'rabbitmq-server', readyWithinMs, () => answers(url));
  };
  await start();
  return {
    url,
    ownProcess: {
      start,
      kill: () => endGroup(child.process),
      hang: () => signalGroup(child.process, 'SIGSTOP'),
    },
    async close() {
      await endGroup(child.process);
      // Erlang's port mapper is a daemon that outlives the broker which started it.
      spawnSync('epmd', ['-port', mapperPort, '-kill'], { stdio: 'ignore' });
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Plugins and settings are files of its directory, which are not there otherwise. */
function openManagement(dir: string, port: number): void {
  writeFileSync(join(dir, 'plugins'), '[rabbitmq_management].');
  const settings = `management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = ${port}\ncollect_statistics_interval = 500\n`;
  writeFileSync(join(dir, 'none.conf'), settings);
}

/** The program is a script that starts the broker, so both are ended as one group. */
function spawnGroup(environment: Record<string, string>, dir: string): Child {
  const logFile = join(dir, 'rabbitmq.log');
  const log = openSync(logFile, 'a');
  const child = spawn(program, [], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', log, log],
    detached: true,
    // A broker that dies leaves a dump where it was started.
    cwd: dir,
  });
  closeSync(log);
  return { process: child, logFile };
}

/** Nothing in it is worth saving, so it is not asked to save it. */
async function endGroup(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  signalGroup(child, 'SIGKILL');
  await gone;
}

function signalGroup({ pid }: ChildProcess, signal: 'SIGKILL' | 'SIGSTOP'): void {
  if (pid !== undefined) process.kill(-pid, signal);
}

/** All that it would share with another broker of this machine is its own: ports, files, name and port mapper. */
async function settingsOf(dir: string, port: string, mapperPort: string): Promise<Record<string, string>> {
  return {
    HOME: dir,
    ERL_EPMD_PORT: mapperPort,
    // Lets it be ended although the broker never took its leave.
    ERL_EPMD_RELAXED_COMMAND_CHECK: '1',
    RABBITMQ_NODENAME: `plumbline-${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: port,
    RABBITMQ_DIST_PORT: String(await freePort()),
    RABBITMQ_MNESIA_BASE: join(dir, 'data'),
    RABBITMQ_LOG_BASE: join(dir, 'log'),
    RABBITMQ_PID_FILE: join(dir, 'pid'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(dir, 'plugins'),
    RABBITMQ_CONFIG_FILE: join(dir, 'none'),
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    await (await connect(url, { timeout: 1000 })).close();
    return true;
  } catch {
    return false;
  }
}
