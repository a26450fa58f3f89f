import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEngines, type Engines } from '@plumbline/deploy/local/engines.ts';
import { emptyCatalog } from '@plumbline/model/catalog/compile-catalog.ts';
import { createClickHouse, type ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { applyDerivation } from '@plumbline/model/clickhouse/derivation/apply.ts';
import { createDatabase, migrate } from '@plumbline/model/clickhouse/migrate.ts';

const entry = new URL('../../../collector/main.ts', import.meta.url).pathname;

export interface SignalStats {
  readonly received: number;
  readonly stored: number;
  readonly rejected: number;
  readonly quarantined: number;
  readonly spooled: number;
}
export interface Stats {
  readonly traces: SignalStats;
  readonly logs: SignalStats;
  readonly metrics: SignalStats;
}

/** A collector process that can be killed and started again on the same spool. */
export class CollectorProcess {
  readonly url: string;
  private readonly environment: Readonly<Record<string, string>>;
  private child: ChildProcess | undefined;

  constructor(port: number, environment: Readonly<Record<string, string>>) {
    this.url = `http://127.0.0.1:${port}`;
    this.environment = { ...environment, PLUMBLINE_OTLP_PORT: String(port) };
  }

  async start(): Promise<void> {
    this.child = spawn(process.execPath, [entry], {
      env: { PATH: process.env['PATH'] ?? '', ...this.environment },
      stdio: ['ignore', 'ignore', process.env['COLLECTOR_LOG'] ? 'inherit' : 'ignore'],
    });
    for (;;) {
      if (this.child.exitCode !== null) throw new Error(`The collector ended with ${this.child.exitCode}.`);
      const answer = await fetch(`${this.url}/readyz`).catch(() => undefined);
      if (answer?.ok) return;
      await sleep(20);
    }
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const exit = once(child, 'exit');
    child.kill(signal);
    const [code] = (await exit) as [number | null];
    return code;
  }

  async stats(): Promise<Stats> {
    return (await (await fetch(`${this.url}/stats`)).json()) as Stats;
  }

  post(path: string, body: Buffer | string, headers: Readonly<Record<string, string>>): Promise<Response> {
    return fetch(`${this.url}${path}`, { method: 'POST', body, headers });
  }
}

export interface Stand {
  readonly directory: string;
  readonly engines: Engines;
  readonly clickHouse: ClickHouse;
  readonly collector: CollectorProcess;
  select<Row>(sql: string): Promise<Row[]>;
  /** Waits until nothing is spooled any more. */
  drained(): Promise<void>;
  close(): Promise<void>;
}

export interface StandOptions {
  readonly clickHousePort: number;
  readonly otlpPort: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts ClickHouse with all tables and views of an empty catalog, and a collector in front of it. */
export async function openStand(options: StandOptions): Promise<Stand> {
  const directory = await mkdtemp(join(tmpdir(), 'plumbline-collector-'));
  const engines = await startEngines({
    dataDir: join(directory, 'data'),
    clickhousePort: options.clickHousePort,
    postgresPort: false,
  });
  await createDatabase(engines.clickhouseUrl);
  const clickHouse = createClickHouse({ url: engines.clickhouseUrl });
  await migrate(clickHouse);
  await applyDerivation(clickHouse, emptyCatalog());
  const collector = new CollectorProcess(options.otlpPort, {
    CLICKHOUSE_URL: engines.clickhouseUrl,
    PLUMBLINE_SPOOL_DIR: join(directory, 'spool'),
    ...options.environment,
  });
  await collector.start();
  return {
    directory,
    engines,
    clickHouse,
    collector,
    async select<Row>(sql: string): Promise<Row[]> {
      return (await clickHouse.query({ query: sql, format: 'JSONEachRow' })).json<Row>();
    },
    async drained() {
      for (let attempt = 0; attempt < 600; attempt++) {
        const { traces, logs, metrics } = await collector.stats();
        if (traces.spooled + logs.spooled + metrics.spooled === 0) return;
        await sleep(50);
      }
      throw new Error('The spool did not drain within 30 s.');
    },
    async close() {
      await collector.end('SIGKILL');
      await clickHouse.close();
      await engines.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
