import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Broker } from '../brokers/broker.ts';
import { startDistributor } from '../distributor/stand/stand.ts';
import { personWith, signUp, type Person } from '../platform/person.ts';
import { parts, startPlatform } from '../platform/platform.ts';

/** What can be killed. */
export const victims = [...parts, 'broker'] as const;
export type Victim = (typeof victims)[number];

export interface ProductOptions {
  readonly broker: Broker;
  readonly kind: 'rabbitmq' | 'kafka';
  /** False: consumers keep no inbox, so that a second send would show as a second effect. */
  readonly withInbox: boolean;
}

export type Product = Awaited<ReturnType<typeof startProduct>>;

/**
 * The platform before the reference distributor over a real broker. The distributor keeps its books in memory, apart
 * from everything that is killed.
 */
export async function startProduct({ broker, kind, withInbox }: ProductOptions) {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'plumbline-replay-'));
  const [used, unused] = kind === 'kafka' ? ['KAFKA', 'RABBIT'] : ['RABBIT', 'KAFKA'];
  const platform = await startPlatform({
    dataDir,
    catalog: fileURLToPath(new URL('../distributor/catalog', import.meta.url)),
    environment: {
      [`PLUMBLINE_CONNECTION_${used}`]: broker.url,
      // The broker that this run does without: nothing listens there.
      [`PLUMBLINE_CONNECTION_${unused}`]: 'http://127.0.0.1:9',
    },
  });
  const distributor = await startDistributor(
    ['--days', '0', '--rate', '0.01', '--faults', 'none', ...(withInbox ? [] : ['--no-inbox'])],
    platform.distributorPort,
    {
      PLUMBLINE_OTLP_URL: platform.otlpUrl,
      PLUMBLINE_DATA_DIR: dataDir,
      [kind === 'kafka' ? 'KAFKA_URL' : 'AMQP_URL']: broker.url,
    },
  );
  let brokerIsUp = Promise.resolve();
  const killBroker = async (): Promise<void> => {
    await broker.ownProcess?.kill();
    await sleep(500);
    await broker.ownProcess?.start();
  };
  return {
    ...platform,
    distributorUrl: distributor.url,
    /** People as the administrator of this machine invites them. */
    person: async (name: string, role: string): Promise<Person> => {
      const cookie = await signUp(platform.apiUrl, await platform.adminToken(), name, role);
      return personWith(platform.apiUrl, name, { cookie });
    },
    /** SIGKILL; whoever watches over it starts it again. The broker is started by us, over the same files. */
    kill(victim: Victim): Promise<void> {
      if (victim !== 'broker') return platform.kill(victim);
      // One after the other: a start that is killed is no start.
      brokerIsUp = brokerIsUp.then(killBroker);
      return brokerIsUp;
    },
    async stop() {
      await distributor.stop();
      await platform.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
