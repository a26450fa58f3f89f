import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export const pomFile = join(import.meta.dirname, 'kafka.pom.xml');

/** Where the jars of the pinned Kafka lie: outside the repository, shared by all its copies on this machine. */
export function kafkaJarsDir(): string {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(cache, 'plumbline', `kafka-${pinnedVersion()}`);
}

/** The directory appears at once and whole, so the broker's jar stands for all of them. */
export function hasKafkaJars(): boolean {
  return existsSync(join(kafkaJarsDir(), `kafka_2.13-${pinnedVersion()}.jar`));
}

function pinnedVersion(): string {
  const version = /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([^<]+)</.exec(
    readFileSync(pomFile, 'utf8'),
  )?.[1];
  if (!version) throw new Error(`${pomFile} does not name a version of kafka_2.13.`);
  return version;
}
