import { randomBytes, randomUUID } from 'node:crypto';
import { serve, type ServerType } from '@hono/node-server';
import { createClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { createDatabase, migrate as migrateClickHouse } from '@plumbline/model/clickhouse/migrate.ts';
import { migrate as migratePostgres } from '@plumbline/model/postgres/migrate.ts';
import { createPostgres } from '@plumbline/model/postgres/pool.ts';
import { renewFirstLink, writeFirstLink, writeLocalToken } from './access/local-files.ts';
import { startDispatch } from './alerts/dispatch.ts';
import { holdChannels } from './alerts/hold-channels.ts';
import { createApp } from './app.ts';
import { holdCatalog } from './catalog/holder.ts';
import { parseConfig, type Config } from './config.ts';
import type { Context } from './context.ts';
import { startBulks } from './dead-letters/bulk/work-bulks.ts';
import { startFollowing } from './dead-letters/follow.ts';
import { startIntake } from './dead-letters/tail.ts';
import { startFollowingAlerts } from './incidents/follow-alerts.ts';
import { startKpiReports } from './kpis/start-reports.ts';
import { createEventHub } from './live/hub.ts';
import { startTicking } from './live/tick.ts';
import { createLog, describeError } from './log.ts';
import { startObjectives } from './objectives/start-objectives.ts';
import { startAutoReplay } from './replays/auto.ts';
import { startReplayEngine } from './replays/engine/engine.ts';
import { engineDefaults } from './replays/engine/ports.ts';
import { createEvidence } from './replays/evidence.ts';
import { holdTransports } from './transports/hold.ts';
import { openTransport } from './transports/open.ts';
import { untilAnswers } from './until-answers.ts';

const drainMsMax = 10_000;
const now = () => new Date();
const log = createLog((line) => process.stderr.write(line), now);

try {
  await run(parseConfig(process.env));
} catch (error) {
  log.error('the control plane cannot start', describeError(error));
  process.exit(1);
}

async function run(config: Config): Promise<void> {
  const layout = {
    ...(config.cluster ? { cluster: config.cluster } : {}),
    rawDays: config.rawDays,
    rollupDays: config.rollupDays,
  };
  const clickHouse = createClickHouse({ url: config.clickHouseUrl, application: 'control-plane' });
  const postgres = createPostgres(config.databaseUrl);
  await Promise.all([
    untilAnswers('PostgreSQL', () => postgres.query('SELECT 1'), log),
    untilAnswers('ClickHouse', () => createDatabase(config.clickHouseUrl, layout), log),
  ]);
  await Promise.all([migrateClickHouse(clickHouse, layout), migratePostgres(postgres)]);
  const events = createEventHub();
  const catalog = await holdCatalog({
    directory: config.catalogDirectory,
    clickHouse,
    cluster: config.cluster,
    events,
    log,
    now,
  });
  const transports = holdTransports({
    connections: () => catalog.current().catalog.connections,
    urls: config.connections,
    open: openTransport,
    now,
  });
  const context: Context = {
    config,
    postgres,
    clickHouse,
    catalog,
    events,
    log,
    transports,
    channels: holdChannels(config.channels, config.notifyNetworks, now),
    now,
    randomBytes,
    randomId: randomUUID,
  };

  const link = await writeFirstLink(context);
  if (config.local) await writeLocalToken(context);
  const stopping = new AbortController();
  const app = createApp(context, stopping.signal);
  const server = serve({ fetch: app.fetch, hostname: config.bind, port: config.port }, ({ port }) => {
    log.info('ready', { port });
    // The one line for a person, and the only one that holds a secret. On one machine the supervisor shows the file.
    if (link && !config.local)
      process.stdout.write(
        `Nobody administers Plumbline yet. Open this link, which works once:\n  ${link}\n`,
      );
  });
  const stopTicking = startTicking(context);
  const stopIntake = startIntake(context);
  const stopFollowing = startFollowing(context);
  const stopBulks = startBulks(context);
  const evidence = createEvidence(clickHouse);
  const engine = startReplayEngine({ ...context, evidence }, engineDefaults);
  const stopRules = startAutoReplay(context, evidence);
  const stopObjectives = startObjectives(context);
  const stopReports = startKpiReports(context);
  const stopIncidents = startFollowingAlerts(context);
  const stopDispatch = startDispatch({ ...context, channels: context.channels.open });
  const stopRenewing = link ? renewFirstLink(context) : () => undefined;
  server.on('error', (error) => {
    log.error(`port ${config.port} cannot be used; set PLUMBLINE_API_PORT to another`, describeError(error));
    process.exit(1);
  });

  const stop = () => {
    if (stopping.signal.aborted) return;
    log.info('stopping');
    stopping.abort();
    stopTicking();
    stopRenewing();
    void drain(server)
      .then(() =>
        Promise.all([
          engine.stop(),
          stopRules(),
          stopObjectives(),
          stopIncidents(),
          stopReports(),
          stopDispatch(),
        ]),
      )
      .then(() => Promise.all([catalog.stop(), stopIntake(), stopFollowing(), stopBulks()]))
      .then(() => transports.close())
      .then(() => Promise.all([clickHouse.close(), postgres.end()]))
      .then(() => process.exit(0))
      .catch((error: unknown) => {
        log.error('the control plane did not stop cleanly', describeError(error));
        process.exit(1);
      });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** Lets requests that are under way finish, and waits for none of them for ever. */
async function drain(server: ServerType): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, drainMsMax);
  await Promise.race([closed, late]);
  clearTimeout(timer);
}
