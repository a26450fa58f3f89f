import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { signUp } from '../../platform/person.ts';
import { startPlatform } from '../../platform/platform.ts';
import { writeCatalog } from './catalog.ts';
import { startErp } from './erp.ts';

/** People of the acceptance tests, with their roles. */
const people = {
  ada: 'admin',
  olga: 'operator',
  otto: 'operator',
  erik: 'engineer',
  eva: 'engineer',
} as const;

export interface AcceptanceStand {
  readonly apiUrl: string;
  readonly erpUrl: string;
  readonly otlpUrl: string;
  /** The session cookie of each. */
  readonly cookies: Readonly<Record<keyof typeof people, string>>;
}

declare module 'vitest' {
  interface ProvidedContext {
    acceptance: AcceptanceStand;
  }
}

/** Starts the platform as processes, and a target before it, once for all acceptance tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'plumbline-acceptance-'));
  let otlpUrl = '';
  const erp = await startErp(() => otlpUrl);
  const platform = await startPlatform({ dataDir, catalog: await writeCatalog(dataDir, erp.url) });
  otlpUrl = platform.otlpUrl;
  const adminToken = await platform.adminToken();
  const cookie = (name: keyof typeof people) => signUp(platform.apiUrl, adminToken, name, people[name]);
  project.provide('acceptance', {
    apiUrl: platform.apiUrl,
    erpUrl: erp.url,
    otlpUrl,
    cookies: {
      ada: await cookie('ada'),
      olga: await cookie('olga'),
      otto: await cookie('otto'),
      erik: await cookie('erik'),
      eva: await cookie('eva'),
    },
  });
  return async () => {
    await platform.stop();
    await erp.close();
    await rm(dataDir, { recursive: true, force: true });
  };
}
