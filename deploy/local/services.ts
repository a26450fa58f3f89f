import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LocalConfig } from './config.ts';
import type { ProcessSpec } from './process/supervise.ts';

const preload = new URL('./process/exit-with-parent-preload.ts', import.meta.url).href;

/** The folder that holds the whole product. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

export type ServiceName = 'collector' | 'control-plane' | 'console' | 'probes' | 'distributor';

/** The URLs of the engines, wherever they run. */
export type EngineUrls = { clickhouseUrl: string; databaseUrl: string };

const environmentOf = (config: LocalConfig, urls: EngineUrls): Record<string, string | undefined> => ({
  ...config.environment,
  CLICKHOUSE_URL: urls.clickhouseUrl,
  DATABASE_URL: urls.databaseUrl,
  // Compiled code is kept, so that the next start need not compile it again.
  NODE_COMPILE_CACHE: path.join(config.dataDir, 'cache/node'),
  PLUMBLINE_DATA_DIR: config.dataDir,
  PLUMBLINE_BIND: config.bind,
  PLUMBLINE_CATALOG: config.catalog,
  PLUMBLINE_CONSOLE_PORT: String(config.console.port),
  PLUMBLINE_API_PORT: String(config.api.port),
  PLUMBLINE_OTLP_PORT: String(config.otlp.port),
  PLUMBLINE_OTLP_GRPC_PORT: String(config.otlpGrpc.port),
  PLUMBLINE_PROBES_PORT: String(config.probes.port),
  PLUMBLINE_API_URL: config.apiUrl,
  PLUMBLINE_PUBLIC_URL: config.publicUrl,
  PLUMBLINE_LOCAL: '1',
});

/** Only the collector writes and only the control plane migrates: the console is handed no engine at all. */
const consoleEnvironment = (
  environment: Record<string, string | undefined>,
): Record<string, string | undefined> => ({
  ...environment,
  CLICKHOUSE_URL: undefined,
  DATABASE_URL: undefined,
  NODE_ENV: 'production',
});

/** Only the control plane tells people of alerts: nobody else is handed the secrets for it. */
const withoutChannels = (environment: Record<string, string | undefined>) =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('PLUMBLINE_CHANNEL_')));

const senderEnvironment = (config: LocalConfig, environment: Record<string, string | undefined>) => ({
  ...environment,
  PLUMBLINE_OTLP_URL: `http://${loopbackFor(config.bind)}:${config.otlp.port}`,
});

/** Where this machine reaches what listens on `bind`. */
const loopbackFor = (bind: string): string => (bind === '0.0.0.0' || bind === '::' ? '127.0.0.1' : bind);

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const untilAnswers =
  (url: string) =>
  async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      const isUp = await fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
        (answer) => answer.ok,
        () => false,
      );
      if (isUp) return;
      await sleep(50);
    }
  };

const entries: Record<ServiceName, string> = {
  collector: 'collector/main.ts',
  'control-plane': 'control-plane/main.ts',
  console: 'console/main.ts',
  probes: 'probes/main.ts',
  distributor: 'test/distributor/main.ts',
};

const portOf = (config: LocalConfig, name: ServiceName): number | undefined =>
  ({
    collector: config.otlp.port,
    'control-plane': config.api.port,
    console: config.console.port,
    probes: config.probes.port,
    distributor: undefined,
  })[name];

/** How to run one of the product's own processes: told by its health page that it serves, by SIGTERM to drain. */
export const serviceProcess = (name: ServiceName, config: LocalConfig, urls: EngineUrls): ProcessSpec => {
  const whole = environmentOf(config, urls);
  const environment = name === 'control-plane' ? whole : withoutChannels(whole);
  const port = portOf(config, name);
  const environments: Partial<Record<ServiceName, Record<string, string | undefined>>> = {
    console: consoleEnvironment(environment),
    // Both send telemetry, and neither knows where the collector listens.
    probes: senderEnvironment(config, environment),
    distributor: senderEnvironment(config, environment),
  };
  return {
    name,
    command: process.execPath,
    args: ['--import', preload, path.join(root, entries[name])],
    environment: environments[name] ?? environment,
    folder: process.cwd(),
    lifeline: 'ipc',
    logFile: path.join(config.dataDir, 'logs', `${name}.log`),
    stopMsMax: 20_000,
    readyMsMax: 120_000,
    untilReady:
      port === undefined ? () => sleep(0) : untilAnswers(`http://${loopbackFor(config.bind)}:${port}/readyz`),
  };
};
