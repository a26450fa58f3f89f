import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseLocalConfig } from '@plumbline/deploy/local/config.ts';
import { startEngines } from '@plumbline/deploy/local/engines.ts';
import { freePort } from '@plumbline/deploy/local/process/ports.ts';
import { supervise } from '@plumbline/deploy/local/process/supervise.ts';
import { serviceProcess } from '@plumbline/deploy/local/services.ts';

/** The processes of the platform, each of which may be killed. */
export const parts = ['control-plane', 'collector', 'clickhouse', 'postgres'] as const;
export type Part = (typeof parts)[number];

export interface PlatformOptions {
  readonly dataDir: string;
  /** Directory of the catalog. */
  readonly catalog: string;
  /** Further variables: addresses of connections, and the like. */
  readonly environment?: Readonly<Record<string, string>>;
}

const portNames = [
  'API',
  'OTLP',
  'CLICKHOUSE',
  'POSTGRES',
  'OTLP_GRPC',
  'CONSOLE',
  'PROBES',
  'DISTRIBUTOR',
] as const;

/** Collector, control plane and both engines on free ports, as the local installation runs and restarts them. */
export async function startPlatform({ dataDir, catalog, environment }: PlatformOptions) {
  const ports = new Map<string, string>();
  for (const name of portNames) ports.set(`PLUMBLINE_${name}_PORT`, String(await freePort()));
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
    PLUMBLINE_CATALOG: catalog,
    ...environment,
    ...Object.fromEntries(ports),
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
  const stop = async (): Promise<void> => {
    await Promise.all(Object.values(services).map((one) => one.stop()));
    await engines.stop();
  };
  try {
    await Promise.all(Object.values(services).map(({ ready }) => ready));
  } catch (error) {
    await stop();
    throw error;
  }
  const pidOf = async (part: Part): Promise<number | undefined> => {
    if (part === 'postgres') return postmasterPid(dataDir);
    return part === 'clickhouse' ? engines.clickhouse?.pid() : services[part].pid();
  };
  return {
    /** What the supervisor told: every end with its reason, and every start. */
    notes,
    apiUrl: `${config.apiUrl}/api/v1`,
    otlpUrl: `http://127.0.0.1:${config.otlp.port}`,
    distributorPort: config.distributor.port,
    adminToken: async () => (await readFile(path.join(dataDir, 'admin-token'), 'utf8')).trim(),
    /** SIGKILL; its supervisor starts it again. Whoever is still down is waited for: a kill must hit somebody. */
    async kill(part: Part): Promise<void> {
      while (!hit(await pidOf(part))) await sleep(20);
    },
    /** Ends the control plane in order, so that what it holds of a queue without having acknowledged it goes back. */
    endControlPlane: () => services['control-plane'].stop(),
    stop,
  };
}

function hit(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

async function postmasterPid(dataDir: string): Promise<number | undefined> {
  const text = await readFile(path.join(dataDir, 'postgres/postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  return pid > 0 ? pid : undefined;
}
