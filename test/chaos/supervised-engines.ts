import { startEngines } from '@plumbline/deploy/local/engines.ts';

// A supervisor of its own, so that a test can kill it: prints the addresses and the pids of its engines, then waits.
const engines = await startEngines({ dataDir: process.argv[2] ?? '' });
process.stdout.write(
  `${JSON.stringify({ clickhouseUrl: engines.clickhouseUrl, databaseUrl: engines.databaseUrl, pids: engines.pids() })}\n`,
);
setInterval(() => undefined, 60_000);
