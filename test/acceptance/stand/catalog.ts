import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** One flow for each test, so that none sees the letters of another; with the policy that its point is about. */
const policies: Readonly<Record<string, object>> = {
  'frozen-manifest': { approvalAbove: 1000, stages: [], perSecond: 1000 },
  'fenced-ledger': { approvalAbove: 1000, stages: [], perSecond: 1000, serial: false },
  'canary-ramp-halt': { approvalAbove: 1000, stages: [1, 5, 10], perSecond: 1000, haltRatio: 0.1 },
  pace: { approvalAbove: 1000, stages: [], perSecond: 20, serial: false },
  'poison-breaker': { approvalAbove: 1000, stages: [], haltRatio: 1, maxGenerations: 3 },
  'order-and-staleness': { approvalAbove: 1000, stages: [], perSecond: 1000 },
  'versioned-edit': { approvalAbove: 1000, stages: [], protectedFields: ['/order'] },
  'byte-exact': { approvalAbove: 1000, stages: [], redirects: ['/flows/byte-exact-retry'] },
  'closed-loop': { approvalAbove: 1000, stages: [], haltRatio: 1 },
  silence: { approvalAbove: 1000, stages: [], haltRatio: 1, confirmWithin: '4s' },
  'four-eyes': { approvalAbove: 2, stages: [], perSecond: 1000 },
};

/** Writes the catalog of the acceptance tests. Answers its directory. */
export async function writeCatalog(dataDir: string, erpUrl: string): Promise<string> {
  const directory = path.join(dataDir, 'catalog');
  await mkdir(directory, { recursive: true });
  const schema = {
    type: 'object',
    required: ['order', 'quantity'],
    properties: { order: { type: 'string' }, quantity: { type: 'integer', minimum: 1 } },
  };
  const catalog = {
    systems: [
      { name: 'shop', title: 'Shop', owner: 'Sales' },
      { name: 'erp', title: 'ERP', owner: 'Finance' },
    ],
    connections: [{ name: 'erp', kind: 'http', url: erpUrl }],
    entities: [{ name: 'order', title: 'Order', schemas: { 1: schema }, masked: ['card', 'x-card'] }],
    flows: Object.entries(policies).map(([name, replay]) => ({
      name,
      title: name,
      source: 'shop',
      target: 'erp',
      entity: 'order',
      owner: 'Sales',
      transport: { kind: 'http', destination: `/flows/${name}`, connection: 'erp' },
      deadLetters: {
        keys: [{ entity: 'order', from: { pointer: '/order' } }],
        ...(name === 'order-and-staleness' ? { version: { pointer: '/version' } } : {}),
      },
      replay,
    })),
  };
  // JSON is YAML too.
  await writeFile(path.join(directory, 'catalog.yaml'), JSON.stringify(catalog));
  return directory;
}
