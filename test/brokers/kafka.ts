import { Admin } from '@platformatic/kafka';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Broker } from './broker.ts';
import { freePort } from '@plumbline/deploy/local/process/ports.ts';
import { startOwnBroker } from './child.ts';
import { hasKafkaJars, kafkaJarsDir } from './kafka-jars.ts';

const readyWithinMs = 90_000;

/** Why no Kafka can be had here, and how to get one; undefined when it can. */
export function whyNoKafka(): string | undefined {
  if (process.env['KAFKA_URL']) return undefined;
  if (spawnSync('java', ['-version'], { stdio: 'ignore' }).status !== 0)
    return 'java is not installed: the tests over Kafka are skipped. On Debian: apt-get install default-jre-headless maven, then npm run fetch-kafka';
  if (!hasKafkaJars())
    return 'Kafka is not fetched: the tests over Kafka are skipped. With Maven installed: npm run fetch-kafka';
  return undefined;
}

/** The Kafka of KAFKA_URL, or one of our own in KRaft mode that is gone after `close`. */
export async function startKafka(): Promise<Broker> {
  const given = process.env['KAFKA_URL'];
  if (given) return { url: given, ownProcess: null, close: async () => undefined };
  const missing = whyNoKafka();
  if (missing) throw new Error(missing);

  const dir = mkdtempSync(join(tmpdir(), 'plumbline-kafka-'));
  const port = await freePort();
  const configFile = join(dir, 'server.properties');
  writeFileSync(configFile, settings(dir, port, await freePort()));
  formatStorage(configFile);
  return startOwnBroker({
    name: 'kafka',
    url: `kafka://127.0.0.1:${port}`,
    dir,
    command: 'java',
    args: [...heap, ...classPath(), 'kafka.Kafka', configFile],
    readyWithinMs,
    answers: () => answers(port),
  });
}

const heap = ['-Xms128m', '-Xmx384m', '-XX:+UseSerialGC'];

function classPath(): string[] {
  return ['-cp', join(kafkaJarsDir(), '*')];
}

/** One node is broker and controller; internal topics are small, and nothing waits longer than it must. */
function settings(dir: string, port: number, controllerPort: number): string {
  return `
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:${controllerPort}
log.dirs=${join(dir, 'data')}
auto.create.topics.enable=false
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=300
group.min.session.timeout.ms=1000
log.cleaner.dedupe.buffer.size=16777216
`;
}

function formatStorage(configFile: string): void {
  const clusterId = randomBytes(16).toString('base64url');
  const { status, stderr, stdout } = spawnSync(
    'java',
    [...heap, ...classPath(), 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', configFile],
    { encoding: 'utf8', timeout: readyWithinMs },
  );
  if (status !== 0) throw new Error(`Kafka's storage could not be formatted:\n${stdout}${stderr}`);
}

async function answers(port: number): Promise<boolean> {
  const admin = new Admin({ clientId: 'ready', bootstrapBrokers: [`127.0.0.1:${port}`], retries: 0 });
  try {
    return (await admin.metadata({})).brokers.size > 0;
  } catch {
    return false;
  } finally {
    await admin.close().catch(() => undefined);
  }
}
