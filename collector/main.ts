import { randomInt } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { Server } from 'node:http';
import { parseConfig, type CollectorConfig } from './config.ts';
import { createInserts } from './load/insert.ts';
import { startLoading } from './load/start-loading.ts';
import { createLog } from './log.ts';
import { createAuthorize } from './receive/authorize.ts';
import { ReceiveFigures } from './receive/figures.ts';
import { createGroupCommit } from './receive/group-commit.ts';
import { Intake } from './receive/intake.ts';
import { createRejectionLog } from './receive/rejection-log.ts';
import { createReceiver } from './receive/server.ts';
import { takeLock } from './spool/lock.ts';
import { Spool } from './spool/spool.ts';

const now = (): number => Date.now();
const log = createLog(now, (line) => process.stderr.write(line));

const blockLimits = {
  rowsPerBlockMax: 50_000,
  bytesPerBlockMax: 16 * 1024 ** 2,
  bytesPerRequestMax: 256 * 1024 ** 2,
};
const rowsPerSegmentMax = 100_000;
const bytesPerSegmentMax = 64_000_000;
const drainMsMax = 15_000;
const brokenCheckMs = 1000;

function fatal(message: string): never {
  log.error(message);
  process.exit(1);
}

function listen(server: Server, config: CollectorConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.otlpPort, config.bind, resolve);
  });
}

async function start(config: CollectorConfig): Promise<void> {
  await mkdir(config.spoolDirectory, { recursive: true });
  const lock = await takeLock(config.spoolDirectory);
  if (!lock.ok) fatal(lock.error);
  const limits = { rowsPerSegmentMax, bytesPerSegmentMax, bytesTotalMax: config.spoolBytesMax };
  const spool = await Spool.open(config.spoolDirectory, limits, log);
  const intake = new Intake(randomInt(2 ** 31), blockLimits);
  const inserts = createInserts(config.clickHouse);
  const loaderOptions = {
    intervalMs: config.loadIntervalMs,
    rowsWithoutPause: 20_000,
    backoffMsMin: 250,
    backoffMsMax: 10_000,
    attemptsBeforeOthersGoFirst: 8,
    attemptsBeforeViewsAreLeftOut: 5,
  };
  const loading = startLoading(spool, inserts, loaderOptions, log, now);
  let isAccepting = true;
  const server = createReceiver({
    intake,
    commit: createGroupCommit(spool, intake, log),
    spool,
    figures: new ReceiveFigures(),
    limits: config,
    now,
    log,
    noteRejected: createRejectionLog(log, now),
    authorize: createAuthorize(config.tokens),
    loading,
    isAccepting: () => isAccepting,
  });

  const stop = async (): Promise<void> => {
    if (!isAccepting) return;
    isAccepting = false;
    log.info('Stopping: requests under way are finished, the spool keeps what is not stored yet');
    setTimeout(
      () => fatal('Stopping took too long; the spool keeps what was acknowledged'),
      drainMsMax,
    ).unref();
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeIdleConnections();
    await closed;
    await loading.stop();
    inserts.close();
    await spool.close();
    await lock.release();
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
  setInterval(() => {
    if (spool.isBroken) fatal('The spool is broken: restart the collector, it will read the disk anew.');
  }, brokenCheckMs).unref();

  await listen(server, config);
  log.info('Collector accepts OTLP over HTTP', {
    bind: config.bind,
    port: config.otlpPort,
    spool: config.spoolDirectory,
  });
}

const parsed = parseConfig(process.env);
if (!parsed.ok) fatal(parsed.error);
await start(parsed.config).catch((error: unknown) =>
  fatal(`The collector could not start: ${error instanceof Error ? error.message : String(error)}`),
);
