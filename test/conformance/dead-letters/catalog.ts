import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A flow of orders with a dead-letter queue, masked fields, keys and worth, and one of invoices that hands its own in. Answers the catalog's directory. */
export async function writeCatalog(): Promise<string> {
  const directory = path.join(await mkdtemp(path.join(tmpdir(), 'plumbline-letters-')), 'catalog');
  await mkdir(directory, { recursive: true });
  const schema = { type: 'object', required: ['quantity'], properties: { quantity: { type: 'integer' } } };
  const catalog = {
    systems: ['shop', 'erp'].map((name) => ({ name, title: name.toUpperCase(), owner: 'IT' })),
    connections: [{ name: 'broker', kind: 'rabbitmq', url: 'amqp://127.0.0.1:1' }],
    entities: [
      { name: 'order', title: 'Order', schemas: { 1: schema }, masked: ['email', 'x-card'] },
      { name: 'customer', title: 'Customer' },
    ],
    flows: [
      {
        name: 'orders',
        title: 'Orders to ERP',
        source: 'shop',
        target: 'erp',
        entity: 'order',
        owner: 'Sales',
        transport: { kind: 'rabbitmq', destination: 'erp.orders', connection: 'broker' },
        deadLetters: {
          destination: 'erp.orders.dead',
          keys: [
            { entity: 'order', from: { pointer: '/order' } },
            { entity: 'customer', from: { header: 'x-customer' } },
          ],
          value: { amount: { pointer: '/total' }, currency: { pointer: '/currency' } },
          error: { type: { header: 'error-type' }, message: { header: 'error-message' } },
        },
      },
      {
        name: 'invoices',
        title: 'Invoices to ERP',
        source: 'shop',
        target: 'erp',
        entity: 'order',
        owner: 'Finance',
        transport: { kind: 'http', destination: '/invoices' },
        deadLetters: {
          version: { pointer: '/version' },
          keys: [{ entity: 'order', from: { pointer: '/order' } }],
        },
      },
    ],
  };
  await writeFile(path.join(directory, 'catalog.yaml'), JSON.stringify(catalog));
  return directory;
}
