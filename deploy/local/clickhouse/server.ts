import { createServer, type Server } from 'node:http';
import { hostname } from 'node:os';
import { exitWithParent } from '../process/exit-with-parent.ts';
import { createLog } from '../process/log.ts';
import { readClickHouseConfig, type ClickHouseConfig } from './config.ts';
import { openEngine, type Engine } from './engine.ts';
import { prepareEngineFiles } from './engine-files.ts';
import { createFace } from './face.ts';
import { settleViews } from './settle-views.ts';

const log = createLog('clickhouse', () => new Date());
const drainMsMax = 15_000;

const listen = (server: Server, config: ClickHouseConfig): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (thrown: NodeJS.ErrnoException) => {
      const isTaken = thrown.code === 'EADDRINUSE';
      reject(
        new Error(
          isTaken
            ? `Port ${config.port} is taken by another program: stop it, or move ClickHouse with PLUMBLINE_CLICKHOUSE_PORT.`
            : `ClickHouse cannot listen on ${config.host}:${config.port}: ${thrown.message}.`,
        ),
      );
    });
    server.listen(config.port, config.host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : config.port);
    });
  });

const waitUntilIdle = async (engine: Engine): Promise<void> => {
  const deadline = performance.now() + drainMsMax;
  while (engine.running() > 0 && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20));
  if (engine.running() > 0)
    await engine.control("KILL QUERY WHERE query LIKE '/* plumbline:%' SYNC", 'TSV').catch(() => undefined);
};

const start = async (): Promise<void> => {
  const config = readClickHouseConfig();
  const files = await prepareEngineFiles(config);
  // The engine looks for a config.xml where it stands: it must stand where nobody else puts one.
  process.chdir(files.spool);
  const engine = await openEngine(config, files, (reason) => {
    log.error('the engine has aborted and this process ends so that a new one can start', { reason });
    process.exit(70);
  });
  await settleViews(engine);
  const server = createServer(
    { keepAliveTimeout: 30_000, requestTimeout: 0, maxHeaderSize: 1024 * 1024 },
    createFace({ engine, files, config, serverName: hostname() }),
  );
  const port = await listen(server, config);
  let isStopping = false;
  const stop = async (): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    log.info('draining');
    server.close();
    server.closeIdleConnections();
    await waitUntilIdle(engine);
    await engine.close();
    log.info('stopped');
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
  exitWithParent(() => void stop());
  log.info('ready', { port, engine: engine.version });
  process.send?.({ type: 'ready', port });
};

start().catch((thrown: unknown) => {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  log.error(message);
  if (process.send) process.send({ type: 'fatal', message }, () => process.exit(78));
  else process.exit(78);
});
