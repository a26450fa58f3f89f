import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startEngines, type Engines } from '@plumbline/deploy/local/engines.ts';
import { freePort } from '@plumbline/deploy/local/process/ports.ts';
import { loadCatalog } from '@plumbline/model/catalog/load.ts';
import { createClickHouse, type ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { applyDerivation } from '@plumbline/model/clickhouse/derivation/apply.ts';
import { createDatabase, migrate } from '@plumbline/model/clickhouse/migrate.ts';
import { z } from 'zod';
import { stopChild } from '../../process/stop-child.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const catalogDirectory = fileURLToPath(new URL('../catalog', import.meta.url));

/** Both engines, the derivation of the distributor's catalog and a collector before them. */
export interface Stand {
  readonly engines: Engines;
  readonly clickHouse: ClickHouse;
  readonly otlpUrl: string;
  /** Waits until everything that the collector acknowledged is in ClickHouse. */
  settled(spans: number, logs: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a stand on a data directory of its own. */
export async function openStand(dataDir: string): Promise<Stand> {
  const catalog = await loadCatalog(catalogDirectory);
  if (!catalog.ok) throw new Error('The distributor has a catalog that does not load.');
  const engines = await startEngines({ dataDir });
  await createDatabase(engines.clickhouseUrl);
  const clickHouse = createClickHouse({ url: engines.clickhouseUrl });
  await migrate(clickHouse);
  await applyDerivation(clickHouse, catalog.catalog);
  const port = await freePort('127.0.0.1');
  const otlpUrl = `http://127.0.0.1:${port}`;
  const collector = spawn(process.execPath, [`${root}collector/main.ts`], {
    env: {
      ...process.env,
      CLICKHOUSE_URL: engines.clickhouseUrl,
      PLUMBLINE_OTLP_PORT: String(port),
      PLUMBLINE_DATA_DIR: dataDir,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await answers(`${otlpUrl}/healthz`);
  return {
    engines,
    clickHouse,
    otlpUrl,
    settled: (spans, logs) => settled(otlpUrl, spans, logs),
    async stop() {
      await stopChild(collector);
      await clickHouse.close();
      await engines.stop();
    },
  };
}

/** Runs the distributor as a process of its own until it ends by itself. */
export async function runDistributor(args: readonly string[], env: Record<string, string>): Promise<string> {
  const child = spawn(process.execPath, [`${root}test/distributor/main.ts`, ...args], {
    env: { ...process.env, ...env },
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`The distributor ended with ${code}:\n${said}`);
  return said;
}

/** A distributor that lives on. */
export interface RunningDistributor {
  /** Base address of its control endpoint. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts the distributor with its control endpoint on that port and waits until it is live. */
export async function startDistributor(
  args: readonly string[],
  port: number,
  env: Record<string, string>,
): Promise<RunningDistributor> {
  const child = spawn(process.execPath, [`${root}test/distributor/main.ts`, ...args], {
    env: { ...process.env, ...env, PLUMBLINE_DISTRIBUTOR_PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  // It is alive from the start; what can be broken it says only once it is live.
  await answers(`${url}/faults`);
  return { url, stop: () => stopChild(child) };
}

async function answers(url: string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const ok = await fetch(url)
      .then((response) => response.ok)
      .catch(() => false);
    if (ok) return;
    await sleep(100);
  }
  throw new Error(`${url} does not answer.`);
}

const Signal = z.object({ stored: z.number(), spooled: z.number() });
const Stats = z.object({ traces: Signal, logs: Signal });

/** The collector counts an item as stored once base table and every view have it. */
async function settled(otlpUrl: string, spans: number, logs: number): Promise<void> {
  let latest = '';
  for (let attempt = 0; attempt < 600; attempt++) {
    latest = await (await fetch(`${otlpUrl}/stats`)).text();
    const stats = Stats.parse(JSON.parse(latest));
    const isEmpty = stats.traces.spooled + stats.logs.spooled === 0;
    if (isEmpty && stats.traces.stored >= spans && stats.logs.stored >= logs) return;
    await sleep(100);
  }
  throw new Error(`Of ${spans} spans and ${logs} logs some are not stored: ${latest}`);
}
