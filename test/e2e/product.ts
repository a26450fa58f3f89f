import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '@plumbline/deploy/local/process/ports.ts';
import { stopChild } from '../process/stop-child.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const startMsMax = 220_000;

/** The whole product, running on free ports in a folder of its own, with half a day of the distributor's business in it. */
export interface Product {
  readonly consoleUrl: string;
  readonly apiUrl: string;
  /** The link printed at first start, by which the first administrator comes in. */
  readonly firstLink: string;
  readonly dataDir: string;
  readonly postgresPort: number;
  /** Control endpoint of the business while it goes on; only with `live`. */
  readonly businessUrl: string;
  readonly stop: () => Promise<void>;
}

const portNames = [
  'CONSOLE',
  'API',
  'OTLP',
  'OTLP_GRPC',
  'CLICKHOUSE',
  'POSTGRES',
  'DISTRIBUTOR',
  'PROBES',
] as const;

/** @param options.live the business goes on after its history: it can be broken, and replays reach it */
export async function startProduct(options: { days?: number; live?: boolean } = {}): Promise<Product> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'plumbline-e2e-'));
  const ports = await freePorts(portNames.length);
  const port = (name: (typeof portNames)[number]) => String(ports[portNames.indexOf(name)]);
  const businessUrl = `http://127.0.0.1:${port('DISTRIBUTOR')}`;
  const env = {
    ...process.env,
    ...Object.fromEntries(portNames.map((name) => [`PLUMBLINE_${name}_PORT`, port(name)])),
    PLUMBLINE_DATA_DIR: dataDir,
    PLUMBLINE_CATALOG: path.join(root, 'test/distributor/catalog'),
    PLUMBLINE_OTLP_URL: `http://127.0.0.1:${port('OTLP')}`,
    // Queues of a business without a broker are reached over HTTP.
    AMQP_URL: undefined,
    KAFKA_URL: undefined,
    PLUMBLINE_CONNECTION_RABBIT: `${businessUrl}/destinations`,
    PLUMBLINE_CONNECTION_KAFKA: `${businessUrl}/destinations`,
  };
  const main = run(['deploy/local/main.ts', 'start'], env);
  try {
    const firstLink = await printed(main, /http:\/\/\S+\/welcome\?token=\S+/);
    const business = run(
      [
        'test/distributor/main.ts',
        '--days',
        String(options.days ?? 0.5),
        // A business that goes on is slow, and fails only where a test breaks it: what dies in a test is what it ordered.
        ...(options.live ? ['--faults', 'none', '--rate', '0.02'] : ['--once']),
      ],
      { ...env, PLUMBLINE_API_URL: `http://127.0.0.1:${port('API')}` },
    );
    if (options.live) await printed(business, /live\. Break something/);
    else await ended(business);
    const consoleUrl = `http://localhost:${port('CONSOLE')}`;
    return {
      consoleUrl,
      apiUrl: `http://127.0.0.1:${port('API')}`,
      firstLink,
      dataDir,
      postgresPort: Number(port('POSTGRES')),
      businessUrl,
      stop: async () => {
        await stopChild(business);
        await stopChild(main);
        await rm(dataDir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await stopChild(main);
    throw error;
  }
}

function run(args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, [...args], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Waits for a line of the output; the whole output is in the error when it does not come. */
async function printed(child: ChildProcess, pattern: RegExp): Promise<string> {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (text += String(chunk)));
  const end = Date.now() + startMsMax;
  while (Date.now() < end) {
    const found = pattern.exec(text);
    if (found) return found[0];
    if (child.exitCode !== null) throw new Error(`The product ended at its start:\n${text}`);
    await sleep(100);
  }
  throw new Error(`The product did not start in ${startMsMax / 1000} s:\n${text}`);
}

async function ended(child: ChildProcess): Promise<void> {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (text += String(chunk)));
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`The distributor ended with ${String(code)}:\n${text}`);
}

/** A second console that reaches the API through a wire which the test can cut, as in an outage. */
export async function startConsoleOnWire(
  product: Product,
): Promise<{ url: string; cut: () => void; stop: () => Promise<void> }> {
  const open = new Set<Socket>();
  const wire = createServer((socket) => {
    const api = connect(Number(new URL(product.apiUrl).port), '127.0.0.1');
    for (const [one, other] of [
      [socket, api],
      [api, socket],
    ] as const) {
      open.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => wire.listen(0, '127.0.0.1', resolve));
  const [port] = await freePorts(1);
  const url = `http://localhost:${port}`;
  const child = run(['console/main.ts'], {
    ...process.env,
    PLUMBLINE_CONSOLE_PORT: String(port),
    PLUMBLINE_API_URL: `http://127.0.0.1:${portOf(wire)}`,
    PLUMBLINE_PUBLIC_URL: url,
  });
  await printed(child, /console listens/);
  const cut = () => {
    wire.close();
    for (const socket of open) socket.destroy();
  };
  return {
    url,
    cut,
    stop: async () => {
      cut();
      await stopChild(child);
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

function freePorts(count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, () => freePort()));
}
