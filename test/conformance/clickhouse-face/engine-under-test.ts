import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client';
import { startEngines } from '@plumbline/deploy/local/engines.ts';
import { afterAll, beforeAll } from 'vitest';

/** An embedded ClickHouse of its own for one test file, with the stock client and raw HTTP on it. */
export type EngineUnderTest = {
  client: ClickHouseClient;
  url: URL;
  post: (
    body: string | Uint8Array<ArrayBuffer>,
    search?: Record<string, string>,
    headers?: Record<string, string>,
  ) => Promise<Response>;
  get: (pathAndSearch: string, headers?: Record<string, string>) => Promise<Response>;
};

const authorization = (url: URL): string =>
  `Basic ${Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString('base64')}`;

/** Starts the engine before the tests of a file and removes it with its data after them. */
export const useEngine = (environment: Record<string, string> = {}): EngineUnderTest => {
  const under = {} as EngineUnderTest;
  let stop: () => Promise<void> = () => Promise.resolve();
  beforeAll(async () => {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'plumbline-face-'));
    const engines = await startEngines({
      dataDir,
      postgresPort: false,
      environment: { ...process.env, ...environment },
    });
    const url = new URL(engines.clickhouseUrl);
    const headers = { authorization: authorization(url) };
    under.url = url;
    under.client = createClient({ url: engines.clickhouseUrl, log: { level: ClickHouseLogLevel.OFF } });
    under.post = (body, search = {}, more = {}) =>
      fetch(`${url.origin}/?${new URLSearchParams({ database: 'plumbline', ...search }).toString()}`, {
        method: 'POST',
        body,
        headers: { ...headers, ...more },
      });
    under.get = (pathAndSearch, more = {}) =>
      fetch(`${url.origin}${pathAndSearch}`, { headers: { ...headers, ...more } });
    stop = async () => {
      await under.client.close();
      await engines.stop();
      await rm(dataDir, { recursive: true, force: true });
    };
  });
  afterAll(() => stop());
  return under;
};
