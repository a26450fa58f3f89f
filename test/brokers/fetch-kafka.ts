/** Fetches the Kafka broker that the tests start, once a machine: `npm run fetch-kafka`. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hasKafkaJars, kafkaJarsDir, pomFile } from './kafka-jars.ts';

if (hasKafkaJars()) console.log(`Kafka is already in ${kafkaJarsDir()}.`);
else fetchJars();

/** Copies into a directory beside the real one and renames it, so that a broken fetch leaves nothing behind. */
function fetchJars(): void {
  const dir = kafkaJarsDir();
  mkdirSync(dirname(dir), { recursive: true });
  const partial = mkdtempSync(`${dir}-partial-`);
  try {
    const { status, error } = spawnSync(
      'mvn',
      [
        '--batch-mode',
        '--quiet',
        '--file',
        pomFile,
        'dependency:copy-dependencies',
        '-DincludeScope=runtime',
        `-DoutputDirectory=${join(partial, 'jars')}`,
      ],
      { stdio: ['ignore', 'inherit', 'inherit'], timeout: 600_000 },
    );
    if (error || status !== 0) {
      console.error(
        `Maven could not fetch Kafka (${error?.message ?? `exit ${status ?? 'by signal'}`}). On Debian: apt-get install maven`,
      );
      process.exitCode = 1;
      return;
    }
    rmSync(dir, { recursive: true, force: true });
    renameSync(join(partial, 'jars'), dir);
    console.log(`Kafka is in ${dir}.`);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}
