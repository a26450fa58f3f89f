import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseLocalConfig } from '@plumbline/deploy/local/config.ts';
import { startEngines } from '@plumbline/deploy/local/engines.ts';
import { freePort } from '@plumbline/deploy/local/process/ports.ts';
import { supervise } from '@plumbline/deploy/local/process/supervise.ts';
import { serviceProcess } from '@plumbline/deploy/local/services.ts';
import type { Broker } from '../brokers/broker.ts';
import { startDistributor } from '../distributor/stand/stand.ts';
import { createPerson, type Person } from './replay-person.ts';

/** What can be killed. */
export const victims = ['control-plane', 'collector', 'clickhouse', 'postgres', 'broker'] as const;
export type Victim = (typeof victims)[number];

export interface ProductOptions {
  readonly broker: Broker;
  readonly kind: 'rabbitmq' | 'kafka';
  /** False: consumers keep no inbox, so that a second send would show as a second effect. */
  readonly withInbox: boolean;
}

const portNames = ['API', 'OTLP', 'CLICKHOUSE', 'POSTGRES', 'DISTRIBUTOR', 'OTLP_GRPC', 'CONSOLE'] as const;

export type Product = Awaited<ReturnType<typeof startProduct>>;

/**
 * Collector, control plane and both engines as the local installation runs and restarts them, before the reference
 * distributor over a real broker. The distributor keeps its books in memory, apart from everything that is killed.
 */
export async function startProduct({ broker, kind, withInbox }: ProductOptions) {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'plumbline-replay-'));
  const ports = new Map<string, number>();
  for (const name of portNames) ports.set(name, await freePort());
  const notes: string[] = [];
  const startedMs = Date.now();
  const events = {
    note: (name: string, sentence: string) =>
      void notes.push(`${((Date.now() - startedMs) / 1000).toFixed(1)} s: ${name} ${sentence}`),
    error: () => undefined,
  };
  const config = parseLocalConfig({
    PATH: process.env['PATH'],
    PLUMBLINE_DATA_DIR: dataDir,
    PLUMBLINE_CATALOG: fileURLToPath(new URL('../distributor/catalog', import.meta.url)),
    [`PLUMBLINE_CONNECTION_${kind === 'kafka' ? 'KAFKA' : 'RABBIT'}`]: broker.url,
    // The broker that this run does without: nothing listens there.
    [`PLUMBLINE_CONNECTION_${kind === 'kafka' ? 'RABBIT' : 'KAFKA'}`]: 'http://127.0.0.1:9',
    ...Object.fromEntries([...ports].map(([name, port]) => [`PLUMBLINE_${name}_PORT`, String(port)])),
  });
  const engines = await startEngines({
    dataDir,
    clickhousePort: config.clickhouse.port,
    postgresPort: config.postgres.port,
    events,
  });
  const services = {
    'control-plane': supervise(serviceProcess('control-plane', config, engines), events),
    collector: supervise(serviceProcess('collector', config, engines), events),
  };
  const stop = async () => {
    await Promise.all(Object.values(services).map((one) => one.stop()));
    await engines.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    await Promise.all(Object.values(services).map(({ ready }) => ready));
  } catch (error) {
    await stop();
    throw error;
  }
  const distributor = await startDistributor(
    ['--days', '0', '--rate', '0.01', '--faults', 'none', ...(withInbox ? [] : ['--no-inbox'])],
    config.distributor.port,
    {
      PLUMBLINE_OTLP_URL: `http://127.0.0.1:${config.otlp.port}`,
      PLUMBLINE_DATA_DIR: dataDir,
      [kind === 'kafka' ? 'KAFKA_URL' : 'AMQP_URL']: broker.url,
    },
  );
  const pidOf = async (victim: Exclude<Victim, 'broker'>): Promise<number | undefined> => {
    if (victim === 'postgres') return postmasterPid(dataDir);
    return victim === 'clickhouse' ? engines.clickhouse?.pid() : services[victim].pid();
  };
  const apiUrl = `${config.apiUrl}/api/v1`;
  return {
    notes,
    distributorUrl: distributor.url,
    restarts: () => services['control-plane'].restarts(),
    /** People as the administrator of this machine invites them. */
    person: async (name: string, role: string): Promise<Person> =>
      createPerson(apiUrl, (await readFile(path.join(dataDir, 'admin-token'), 'utf8')).trim(), name, role),
    /** SIGKILL; whoever watches over it starts it again. The broker is started by us, over the same files. */
    async kill(victim: Victim): Promise<void> {
      if (victim === 'broker') {
        await broker.ownProcess?.kill();
        await sleep(500);
        return broker.ownProcess?.start();
      }
      const pid = await pidOf(victim);
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
    },
    /** Ends the control plane in order, so that what it holds of a queue without having acknowledged it goes back. */
    endControlPlane: () => services['control-plane'].stop(),
    async stop() {
      await distributor.stop();
      await stop();
    },
  };
}

async function postmasterPid(dataDir: string): Promise<number | undefined> {
  const text = await readFile(path.join(dataDir, 'postgres/postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  return pid > 0 ? pid : undefined;
}
