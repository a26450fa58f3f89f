/** Dead letters that `intake.ts` sends, and the catalog that says how to read them. */
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const words = [
  'pallet bolt hinge washer bracket cable valve pump filter gasket bearing spring clamp sensor relay motor',
  'left right short long steel brass rubber nylon blue grey black red small large heavy light spare kit',
]
  .join(' ')
  .split(' ');
const errors = [
  { type: 'TimeoutError', message: 'no answer from 10.1.2.3 within 30000 ms' },
  { type: 'SchemaError', message: 'quantity must be an integer' },
  { type: 'NotFoundError', message: 'article 4711 is not in the range of the customer' },
  { type: 'LockedError', message: 'order is locked by user 17' },
];

export const flowOf = (way: string): string => `over-${way}`;

/** Headers as a consumer that gave up would add them. */
export function headersOf(n: number): [string, string][] {
  const error = errors[n % errors.length];
  return [
    ['error-type', error?.type ?? ''],
    ['error-message', error?.message ?? ''],
    ['x-customer', `C-${n % 300}`],
  ];
}

/** Orders of about `bytes` bytes each, with as many lines as that takes. */
export function bodiesOf(count: number, bytes: number): Buffer[] {
  return Array.from({ length: count }, (_, n) => {
    const head = `{"order":"SO-${bytes}-${n}","total":"${n}.50","currency":"EUR","email":"someone-${n}@example.com","lines":[`;
    const lines: string[] = [];
    for (let size = head.length; size < bytes - 160;) {
      const at = n * 7 + lines.length;
      const line = `{"sku":"A-${at % 9973}","quantity":${1 + (at % 9)},"price":"${at % 500}.95","text":"${word(at)} ${word(at * 3 + 1)} ${word(at * 5 + 2)}"}`;
      lines.push(line);
      size += line.length + 1;
    }
    const body = `${head}${lines.join(',')}]`;
    return Buffer.from(`${body}${' '.repeat(Math.max(0, bytes - body.length - 1))}}`);
  });
}

function word(n: number): string {
  return words[n % words.length] ?? '';
}

/** A flow over each broker, and one whose dead letters are handed in. Answers the catalog's directory. */
export async function writeIntakeCatalog(brokers: readonly string[]): Promise<string> {
  const directory = path.join(await mkdtemp(path.join(tmpdir(), 'plumbline-intake-')), 'catalog');
  await mkdir(directory, { recursive: true });
  const reading = {
    keys: [
      { entity: 'order', from: { pointer: '/order' } },
      { entity: 'customer', from: { header: 'x-customer' } },
    ],
    value: { amount: { pointer: '/total' }, currency: { pointer: '/currency' } },
    error: { type: { header: 'error-type' }, message: { header: 'error-message' } },
  };
  const flow = (way: string, transport: object, deadLetters: object) => ({
    name: flowOf(way),
    title: `Orders over ${way}`,
    source: 'shop',
    target: 'erp',
    entity: 'order',
    owner: 'Sales',
    transport,
    deadLetters: { ...reading, ...deadLetters },
  });
  const catalog = {
    systems: ['shop', 'erp'].map((name) => ({ name, title: name.toUpperCase(), owner: 'IT' })),
    connections: brokers.map((name) => ({ name, kind: name, url: `${name}://127.0.0.1:1` })),
    entities: [
      { name: 'order', title: 'Order', masked: ['email'] },
      { name: 'customer', title: 'Customer' },
    ],
    flows: [
      ...brokers.map((name) =>
        flow(name, { kind: name, destination: 'orders', connection: name }, { destination: flowOf(name) }),
      ),
      flow('api', { kind: 'http', destination: '/orders' }, {}),
    ],
  };
  await writeFile(path.join(directory, 'catalog.yaml'), JSON.stringify(catalog));
  return directory;
}
