import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { Actor } from '../actor.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import type { Arrival, Header } from '../transports/port.ts';
import { payloadHash } from './payload-hash.ts';
import type { DeadLetterIntake } from './schemas.ts';
import { storeArrivals, type Intake, type Receipt } from './store.ts';

type Item = z.output<typeof DeadLetterIntake>['items'][number];

/**
 * Takes in what middleware without a dead-letter queue hands over. The same hand-over again changes nothing: it is
 * known by flow, message id, payload and the instant of the failure. Receipts in the order of the items.
 * @throws Problem bad_request when a flow is not in the catalog
 */
export async function takeIn(context: Context, actor: Actor, items: readonly Item[]): Promise<Receipt[]> {
  const { catalog } = context.catalog.current();
  const flows = new Map(catalog.flows.map((flow) => [flow.name, flow]));
  const errors = items.flatMap((item, at) =>
    flows.has(item.flow)
      ? []
      : [{ path: `items.${at}.flow`, message: `the catalog declares no flow "${item.flow}"` }],
  );
  if (errors.length > 0)
    throw new Problem('bad_request', 'Declare the flow in the catalog first. Nothing was stored.', {
      errors: errors.slice(0, 50),
    });
  const receipts: (Receipt | undefined)[] = items.map(() => undefined);
  const placed = items.map((item, at) => ({ item, at }));
  for (const [name, own] of Map.groupBy(placed, ({ item }) => item.flow)) {
    const flow = flows.get(name);
    if (!flow) continue;
    const stored = await storeArrivals(
      context,
      flow,
      `api:${name}`,
      own.map(({ item }) => intakeOf(item)),
    );
    for (const [index, receipt] of stored.entries()) {
      const at = own[index]?.at;
      if (at !== undefined) receipts[at] = receipt;
    }
  }
  context.log.info('dead letters handed in', { by: actor.id, items: items.length });
  return receipts.filter((receipt) => receipt !== undefined);
}

function intakeOf(item: Item): Intake {
  const headers = item.headers.map(([name, value]): Header => [name, Buffer.from(value)]);
  const payload = {
    body: Buffer.from(item.body, item.bodyEncoding),
    headers,
    key: item.key === undefined ? null : Buffer.from(item.key),
    partition: null,
    contentType: item.contentType,
  };
  const failedAt = item.failedAt === undefined ? null : new Date(item.failedAt);
  const arrival: Arrival = {
    ...payload,
    arrivalId: createHash('sha256')
      .update(JSON.stringify([item.flow, item.messageId ?? null, failedAt]))
      .update(payloadHash(payload))
      .digest('hex'),
    messageId: item.messageId ?? null,
    originalDestination: null,
    failedAt,
    reason: null,
    deliveries: null,
  };
  const { errorType, errorMessage, stack, keys, traceId, spanId } = item;
  return { arrival, said: { errorType, errorMessage, stack, keys, traceId, spanId } };
}
