import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { loadCatalog } from '@plumbline/model/catalog/load.ts';
import type { Catalog } from '@plumbline/model/catalog/schema.ts';
import { watchCatalog } from '@plumbline/model/catalog/watch.ts';
import pg from 'pg';
import { parseConfig, type ProbesConfig } from './config.ts';
import { lastBeat, noteBeat } from './heartbeats.ts';
import { seekLeadership } from './leader.ts';
import { createLog } from './log.ts';
import { runProbe, type ProbeRun } from './run-probe.ts';
import { createSchedule } from './schedule.ts';
import { createProbesServer } from './server.ts';
import { createTelemetry, exportTo } from './telemetry.ts';
import { createTools } from './tools.ts';

const tickMs = 250;
const drainMsMax = 15_000;
const now = (): number => Date.now();
const log = createLog(now, (line) => process.stderr.write(line));

const parsed = parseConfig(process.env);
if (!parsed.ok) fatal(parsed.error);
const loaded = await loadCatalog(parsed.config.catalogDirectory);
if (!loaded.ok) {
  const [first] = loaded.errors;
  fatal(
    `The catalog is wrong: ${first?.file}:${first?.line}:${first?.column} ${first?.path}: ${first?.message}`,
  );
}
const [verb, name] = process.argv.slice(2);
if (verb === undefined) await serve(parsed.config, loaded.catalog);
else if (verb === 'debug' && name !== undefined) await debug(parsed.config, loaded.catalog, name);
else fatal('Write: node probes/main.ts, or node probes/main.ts debug <probe>.');

function fatal(message: string): never {
  log.error(message);
  process.exit(1);
}

function openPool(config: ProbesConfig): pg.Pool {
  const pool = new pg.Pool({
    connectionString: config.databaseUrl,
    max: 4,
    statement_timeout: 5000,
    connectionTimeoutMillis: 5000,
    application_name: 'plumbline-probes',
  });
  // A connection that dies idle is replaced at its next use.
  pool.on('error', () => undefined);
  return pool;
}

/** Runs one probe now, whatever its schedule and whoever leads, and prints every step; nothing is sent on. */
async function debug(config: ProbesConfig, catalog: Catalog, wanted: string): Promise<void> {
  const probe = catalog.probes.find((each) => each.name === wanted);
  if (probe === undefined) fatal(`The catalog has no probe "${wanted}".`);
  const pool = openPool(config);
  const tools = createTools(config, {
    catalog: () => catalog,
    lastBeatMs: (each) => lastBeat(pool, each),
    now,
  });
  const { run, settled } = runProbe(probe, tools);
  const result = await run;
  await settled;
  await pool.end();
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  process.exitCode = result.outcome === 'passed' ? 0 : 2;
}

async function serve(config: ProbesConfig, initial: Catalog): Promise<void> {
  let catalog = initial;
  const pool = openPool(config);
  const tools = createTools(config, {
    catalog: () => catalog,
    lastBeatMs: (each) => lastBeat(pool, each),
    now,
  });
  const telemetry = createTelemetry(exportTo(config.otlpUrl, config.otlpToken), randomUUID());
  const leadership = seekLeadership(config.databaseUrl, log, now);
  const schedule = createSchedule({
    run: (probe, stop) => runProbe(probe, tools, stop),
    onRun: (run) => {
      telemetry.tell(run);
      if (run.outcome !== 'passed') warnOf(run);
    },
    onLeftOut: (probe) => log.warn('A run was left out: the one before has not ended', { probe: probe.name }),
    isLeader: leadership.isLeader,
    now,
    random: Math.random,
    atOnceMax: config.atOnceMax,
  });
  schedule.replace(catalog.probes);
  const watch = watchCatalog({
    directory: config.catalogDirectory,
    initial,
    onChange: (change) => {
      catalog = change.catalog;
      schedule.replace(catalog.probes);
      log.info('The catalog changed', { probes: catalog.probes.length });
    },
    onInvalid: ([first]) =>
      log.warn('The catalog is wrong; the last good one stays in force', {
        file: first?.file,
        why: first?.message,
      }),
  });
  let isStopping = false;
  const server = createProbesServer({
    probe: (each) => catalog.probes.find((probe) => probe.name === each),
    noteBeat: (each) => noteBeat(pool, each),
    readiness: () => ({ ready: !isStopping, leader: leadership.isLeader(), probes: catalog.probes.length }),
    secrets: tools.secrets,
    log,
  });
  server.on('error', (error) => fatal(`Port ${config.port} cannot be opened: ${error.message}`));
  server.listen(config.port, config.bind);
  await once(server, 'listening');
  const ticking = setInterval(() => schedule.tick(), tickMs);
  log.info('Probes wait for their turn', { port: config.port, probes: catalog.probes.length });

  const stop = async (): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    setTimeout(() => fatal('Stopping took too long'), drainMsMax).unref();
    clearInterval(ticking);
    server.close();
    server.closeIdleConnections();
    await schedule.stop();
    await Promise.all([watch.stop(), leadership.stop(), telemetry.stop()]);
    await pool.end();
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
}

function warnOf({ probe, outcome, why, failedCondition, durationMs }: ProbeRun): void {
  log.warn('A probe did not pass', { probe, outcome, why, condition: failedCondition, durationMs });
}
