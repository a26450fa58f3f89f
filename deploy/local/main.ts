import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { loadCatalog } from '@plumbline/model/catalog/load.ts';
import { inheritedEnvironment, parseLocalConfig, type Address, type LocalConfig } from './config.ts';
import { buildConsole, reasonToBuild } from './console-build.ts';
import { demoConnections } from './demo-connections.ts';
import { startEngines, type Engines } from './engines.ts';
import { lockDataDirectory } from './process/data-lock.ts';
import { isListening, portProblem } from './process/ports.ts';
import { supervise, type Supervised } from './process/supervise.ts';
import { root, serviceProcess, type ServiceName } from './services.ts';
import { createTerminal, renderTable, type Terminal } from './terminal.ts';

type Mode = 'start' | 'demo';

const terminal: Terminal = createTerminal(
  (text) => process.stdout.write(text),
  () => performance.now(),
);

const engineHost = '127.0.0.1';

const checkPorts = async (mode: Mode, config: LocalConfig): Promise<void> => {
  const services: [Address, string][] = [config.console, config.api, config.otlp, config.otlpGrpc].map(
    (one) => [one, config.bind],
  );
  const engines: [Address, string][] = [];
  if (config.clickhouseUrl === undefined) engines.push([config.clickhouse, engineHost]);
  if (config.databaseUrl === undefined) engines.push([config.postgres, engineHost]);
  if (await declaresProbes(config)) services.push([config.probes, config.bind]);
  if (mode === 'demo') engines.push([config.distributor, engineHost]);
  const all = [...services, ...engines];
  const problems: string[] = [];
  for (const [index, [address, host]] of all.entries()) {
    const twin = all.slice(0, index).find(([other]) => other.port === address.port);
    const problem = twin
      ? `${twin[0].variable} and ${address.variable} are both ${address.port}: choose two ports.`
      : await portProblem(address.label, address.port, host, address.variable);
    if (problem !== undefined) problems.push(problem);
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
};

/** What runs, in the order it is stopped: first who asks, last who keeps. */
type Running = { services: Supervised[]; engines: Engines | undefined; unlock: () => Promise<void> };

const stopAll = async (running: Running): Promise<void> => {
  for (const service of running.services.toReversed()) await service.stop();
  await running.engines?.stop();
  await running.unlock();
};

/** Waits for `work`, but no longer once something else has failed: what waits for it would wait in vain. */
const unless = (failed: AbortSignal, work: Promise<void>): Promise<void> =>
  Promise.race([
    work,
    new Promise<never>((_resolve, reject) =>
      failed.addEventListener('abort', () => reject(new Error('something else failed')), { once: true }),
    ),
  ]);

const startService = async (
  name: ServiceName,
  config: LocalConfig,
  urls: { clickhouseUrl: string; databaseUrl: string },
  running: Running,
  failed: AbortSignal,
): Promise<void> => {
  failed.throwIfAborted();
  const startedMs = performance.now();
  const service = supervise(serviceProcess(name, config, urls), terminal);
  running.services.push(service);
  try {
    await unless(failed, service.ready);
  } catch (thrown) {
    failed.throwIfAborted();
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Error(
      `${name} did not start: ${reason} (see ${path.join(config.dataDir, 'logs', `${name}.log`)})`,
      { cause: thrown },
    );
  }
  terminal.step(name, startedMs);
};

const startEmbedded = async (
  config: LocalConfig,
  running: Running,
): Promise<{ clickhouseUrl: string; databaseUrl: string }> => {
  const startedMs = performance.now();
  const engines = await startEngines({
    dataDir: config.dataDir,
    host: engineHost,
    clickhousePort: config.clickhouseUrl === undefined ? config.clickhouse.port : false,
    postgresPort: config.databaseUrl === undefined ? config.postgres.port : false,
    events: terminal,
    environment: config.environment,
    isLocked: true,
  });
  running.engines = engines;
  terminal.step('engines', startedMs);
  return {
    clickhouseUrl: config.clickhouseUrl ?? engines.clickhouseUrl,
    databaseUrl: config.databaseUrl ?? engines.databaseUrl,
  };
};

const buildWhenNeeded = async (config: LocalConfig): Promise<void> => {
  const reason = await reasonToBuild(root);
  if (reason === undefined) return;
  const startedMs = performance.now();
  terminal.say(`  Building the console, because ${reason}; this takes about half a minute …`);
  await buildConsole(root, path.join(config.dataDir, 'logs/console-build.log'), config.environment);
  terminal.step('console build', startedMs);
};

const noEngines = { clickhouseUrl: '', databaseUrl: '' };

const startProduct = async (
  mode: Mode,
  config: LocalConfig,
  running: Running,
  failed: AbortSignal,
): Promise<void> => {
  const urls = await startEmbedded(config, running);
  await Promise.all([
    startService('control-plane', config, urls, running, failed),
    startService('collector', config, urls, running, failed),
  ]);
  const senders: ServiceName[] = (await declaresProbes(config)) ? ['probes'] : [];
  if (mode === 'demo') senders.push('distributor');
  await Promise.all(senders.map((name) => startService(name, config, urls, running, failed)));
};

/** A catalog that is wrong declares none; the control plane says what is wrong with it. */
const declaresProbes = async (config: LocalConfig): Promise<boolean> => {
  if (config.catalog === undefined) return false;
  const loaded = await loadCatalog(config.catalog);
  return loaded.ok && loaded.catalog.probes.length > 0;
};

const startConsole = async (config: LocalConfig, running: Running, failed: AbortSignal): Promise<void> => {
  await buildWhenNeeded(config);
  await startService('console', config, noEngines, running, failed);
};

const startEverything = async (mode: Mode, config: LocalConfig, running: Running): Promise<void> => {
  const failed = new AbortController();
  const parts = [
    startConsole(config, running, failed.signal),
    startProduct(mode, config, running, failed.signal),
  ];
  // All are awaited whole, so that a failure of one leaves nothing half started behind our back.
  await Promise.all(parts.map((part) => part.catch((thrown: unknown) => failed.abort(thrown))));
  failed.signal.throwIfAborted();
};

const firstSignIn = async (config: LocalConfig): Promise<string> => {
  const link = await readFile(path.join(config.dataDir, 'first-sign-in-link'), 'utf8').catch(() => '');
  return link.trim() === '' ? '' : `\n  First sign-in, once, as administrator:\n  ${link.trim()}\n`;
};

const showAddresses = async (mode: Mode, config: LocalConfig, startedMs: number): Promise<void> => {
  const shown = (file: string): string => {
    const full = path.join(config.dataDir, file);
    const relative = path.relative(process.cwd(), full);
    return relative.startsWith('..') ? full : relative;
  };
  const rows: [string, string][] = [
    ['Console', config.publicUrl],
    ['API', `${config.apiUrl}/api/v1`],
    ['OTLP/HTTP', `http://${config.bind}:${config.otlp.port}`],
  ];
  if (await isListening(config.otlpGrpc.port))
    rows.push(['OTLP/gRPC', `${config.bind}:${config.otlpGrpc.port}`]);
  if (config.clickhouseUrl === undefined) {
    rows.push([
      'ClickHouse',
      `http://${engineHost}:${config.clickhouse.port}/plumbline  (user plumbline, password in ${shown('clickhouse-password')})`,
    ]);
  }
  if (config.databaseUrl === undefined) {
    rows.push([
      'PostgreSQL',
      `${engineHost}:${config.postgres.port}/plumbline  (user plumbline, password in ${shown('postgres-password')})`,
    ]);
  }
  if (mode === 'demo') {
    rows.push([
      'Distributor',
      `http://${engineHost}:${config.distributor.port}/faults  (to break it, once its seven days are told: some minutes)`,
    ]);
  }
  rows.push(['Logs', shown('logs')]);
  terminal.say(
    `\nPlumbline is ready after ${((performance.now() - startedMs) / 1000).toFixed(1)} s. Ctrl-C stops it.\n`,
  );
  terminal.say(renderTable(rows));
  terminal.say(await firstSignIn(config));
};

const onSignals = (stop: (signal: string) => void): void => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal));
};

/** The demo brings a catalog and the connections in it; what is set outside stays as it is. */
const withDemo = (mode: Mode, config: LocalConfig): LocalConfig =>
  mode === 'demo'
    ? {
        ...config,
        catalog: config.catalog ?? path.join(root, 'test/distributor/catalog'),
        environment: { ...demoConnections(config), ...config.environment },
      }
    : config;

const run = async (mode: Mode): Promise<void> => {
  const startedMs = performance.now();
  const config = withDemo(mode, parseLocalConfig(inheritedEnvironment()));
  const isFirst = !(await stat(config.dataDir).catch(() => undefined));
  const running: Running = {
    services: [],
    engines: undefined,
    unlock: await lockDataDirectory(config.dataDir),
  };
  let stopped: Promise<void> | undefined;
  const stop = (signal: string): void => {
    if (stopped) return;
    terminal.say(`\n${signal}: stopping …`);
    stopped = stopAll(running).then(() => {
      terminal.say('Stopped.');
      process.exit(0);
    });
  };
  onSignals(stop);
  try {
    await checkPorts(mode, config);
    terminal.say(
      `Plumbline ${isFirst ? 'is starting for the first time' : 'is starting'}; its data lies in ${config.dataDir}`,
    );
    await startEverything(mode, config, running);
  } catch (thrown) {
    if (stopped) return;
    terminal.say(
      `\nPlumbline could not start.\n${thrown instanceof Error ? thrown.message : String(thrown)}`,
    );
    stopped = stopAll(running);
    await stopped;
    process.exit(1);
  }
  await showAddresses(mode, config, startedMs);
};

const mode = process.argv[2];
if (mode === 'start' || mode === 'demo') {
  run(mode).catch((thrown: unknown) => {
    terminal.say(thrown instanceof Error ? thrown.message : String(thrown));
    process.exit(1);
  });
} else {
  terminal.say('Usage: node deploy/local/main.ts start|demo');
  process.exit(2);
}
