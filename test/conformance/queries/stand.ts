import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEngines, type Engines } from '@plumbline/deploy/local/engines.ts';
import { createClickHouse, type ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import type { Catalog } from '@plumbline/model/catalog/schema.ts';
import { stopChild } from '../../process/stop-child.ts';

const entry = new URL('../../../control-plane/main.ts', import.meta.url).pathname;
const startMsMax = 90_000;

export interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
}

/** Both engines and the control plane as processes of their own, asked over HTTP as any client asks. */
export interface ApiStand {
  readonly engines: Engines;
  readonly clickHouse: ClickHouse;
  readonly get: <Body>(path: string) => Promise<Answer<Body>>;
  /** The answer as bytes, for who measures. */
  readonly fetch: (path: string) => Promise<Response>;
  readonly close: () => Promise<void>;
}

export interface ApiStandOptions {
  readonly directory: string;
  readonly catalog: Pick<Catalog, 'systems' | 'entities' | 'flows' | 'processes'>;
  readonly apiPort: number;
}

export async function openApiStand({ directory, catalog, apiPort }: ApiStandOptions): Promise<ApiStand> {
  const catalogDirectory = path.join(directory, 'catalog');
  await mkdir(catalogDirectory, { recursive: true });
  const { systems, entities, flows, processes } = catalog;
  // JSON is YAML too.
  await writeFile(
    path.join(catalogDirectory, 'catalog.yaml'),
    JSON.stringify({ systems, entities, flows, processes }, null, 2),
  );
  const engines = await startEngines({ dataDir: directory });
  const clickHouse = createClickHouse({ url: engines.clickhouseUrl, requestTimeoutMs: 300_000 });
  const child = spawn(process.execPath, [entry], {
    env: {
      PATH: process.env['PATH'] ?? '',
      CLICKHOUSE_URL: engines.clickhouseUrl,
      DATABASE_URL: engines.databaseUrl,
      PLUMBLINE_CATALOG: catalogDirectory,
      PLUMBLINE_DATA_DIR: directory,
      PLUMBLINE_API_PORT: String(apiPort),
      PLUMBLINE_LOCAL: '1',
    },
    stdio: ['ignore', 'ignore', process.env['CONTROL_PLANE_LOG'] ? 'inherit' : 'ignore'],
  });
  const close = async () => {
    await stopChild(child);
    await clickHouse.close();
    await engines.stop();
  };
  try {
    await untilReady(child, `http://127.0.0.1:${apiPort}/readyz`);
  } catch (error) {
    await close();
    throw error;
  }
  const token = (await readFile(path.join(directory, 'admin-token'), 'utf8')).trim();
  const ask = (where: string) =>
    fetch(`http://127.0.0.1:${apiPort}/api/v1${where}`, { headers: { authorization: `Bearer ${token}` } });
  return {
    engines,
    clickHouse,
    fetch: ask,
    async get<Body>(where: string) {
      const response = await ask(where);
      return { status: response.status, body: (await response.json()) as Body };
    },
    close,
  };
}

async function untilReady(child: ChildProcess, url: string): Promise<void> {
  const untilMs = performance.now() + startMsMax;
  while (performance.now() < untilMs) {
    if (child.exitCode !== null) throw new Error(`The control plane ended with ${child.exitCode}.`);
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(50);
  }
  throw new Error('The control plane was not ready in time.');
}
