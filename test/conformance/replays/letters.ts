import { createHash, randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Postgres } from '@plumbline/model/postgres/pool.ts';

/** A flow of orders over a broker `shop`, with the policy that a test wants. Answers the catalog's directory. */
export async function writeCatalog(replay: object): Promise<string> {
  const directory = path.join(await mkdtemp(path.join(tmpdir(), 'plumbline-replays-')), 'catalog');
  await mkdir(directory, { recursive: true });
  const catalog = {
    systems: [
      { name: 'shop', title: 'Shop', owner: 'Sales' },
      { name: 'erp', title: 'ERP', owner: 'Finance' },
      { name: 'carrier', title: 'Carrier', owner: 'Logistics', exposure: 'partner' },
    ],
    connections: [{ name: 'broker', kind: 'rabbitmq', url: 'amqp://127.0.0.1:1' }],
    entities: [
      {
        name: 'order',
        title: 'Order',
        masked: ['email'],
        schemas: {
          1: {
            type: 'object',
            required: ['order', 'quantity'],
            properties: { order: { type: 'string' }, quantity: { type: 'integer', minimum: 1 } },
          },
        },
      },
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
        deadLetters: { version: { pointer: '/version' } },
        replay: { protectedFields: ['/order'], redirects: ['erp.orders.retry'], ...replay },
      },
      {
        name: 'shipments',
        title: 'Orders to carrier',
        source: 'erp',
        target: 'carrier',
        entity: 'order',
        owner: 'Logistics',
        transport: { kind: 'http', destination: '/orders' },
      },
    ],
  };
  await writeFile(path.join(directory, 'catalog.yaml'), JSON.stringify(catalog));
  return directory;
}

export interface Letter {
  readonly id: string;
  readonly messageId: string;
  readonly key: string;
}

/** Letters of the flow `orders`, as intake would store them. */
export async function addLetters(
  postgres: Postgres,
  count: number,
  options: {
    readonly prefix?: string;
    /** How many messages share a key. */ readonly perKey?: number;
    readonly failedAt?: Date;
    readonly state?: string;
    readonly body?: (n: number) => string;
  } = {},
): Promise<Letter[]> {
  const { prefix = randomUUID().slice(0, 8), perKey = 1, state = 'open' } = options;
  const failedAt = options.failedAt ?? new Date('2026-11-23T11:00:00.000Z');
  const body = options.body ?? ((n: number) => JSON.stringify({ order: `${prefix}-${n}`, quantity: 1 }));
  const letters = Array.from({ length: count }, (_, n) => ({
    id: randomUUID(),
    messageId: `${prefix}-m${n}`,
    key: `order:${prefix}-${Math.floor(n / perKey)}`,
    body: Buffer.from(body(n)),
  }));
  await postgres.query(
    `INSERT INTO dead_letters (id, flow, message_id, state, cause, error_type, error_message, failed_at, arrived_at,
       payload_hash, body_bytes, keys, value, currency, trace_id, span_id)
     SELECT id, 'orders', message_id, $5, 'Timeout', 'Timeout', 'no answer', $6, $6, hash, 20, ARRAY[key], 10.5, 'USD', '', ''
     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[]) AS l (id, message_id, key, hash)`,
    [
      letters.map(({ id }) => id),
      letters.map(({ messageId }) => messageId),
      letters.map(({ key }) => key),
      letters.map((letter) => createHash('sha256').update(letter.body).digest()),
      state,
      failedAt,
    ],
  );
  await postgres.query(
    `INSERT INTO dead_letter_payloads (dead_letter_id, body, headers, words)
     SELECT id, body, '', '' FROM unnest($1::uuid[], $2::bytea[]) AS p (id, body)`,
    [letters.map(({ id }) => id), letters.map((letter) => letter.body)],
  );
  return letters.map(({ id, messageId, key }) => ({ id, messageId, key }));
}
