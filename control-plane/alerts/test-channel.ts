import { inTransaction } from '@plumbline/model/postgres/pool.ts';
import type { Notification } from '@plumbline/slo/notify/notification.ts';
import type { Actor } from '../actor.ts';
import { recordAct } from '../audit/record.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import type { TestResult } from './schemas.ts';

const limitMs = 15_000;

/**
 * Sends a message that says that it is a test, and its resolve where it arrived, so that nothing stays open.
 * @throws Problem not_found
 */
export async function testChannel(
  context: Context,
  actor: Actor,
  name: string,
  requestId: string,
): Promise<TestResult> {
  const held = context.channels.find(name);
  if (!held) throw new Problem('not_found', `There is no channel ${name}: see GET /api/v1/channels.`);
  const at = context.now();
  const id = context.randomId();
  const send = (action: Notification['action']) =>
    held.channel.deliver(
      testMessage(context, actor, { id, at, action }),
      false,
      AbortSignal.timeout(limitMs),
    );
  const delivery = await send('trigger');
  if (delivery.kind === 'delivered') await send('resolve');
  const outcome = delivery.kind;
  await inTransaction(context.postgres, (on) =>
    recordAct(on, {
      at,
      actor,
      action: 'channels.test',
      target: `channel:${name}`,
      detail: { outcome },
      requestId,
    }),
  );
  return { outcome, reason: delivery.kind === 'delivered' ? '' : delivery.reason, ...delivery.exchange };
}

function testMessage(
  context: Context,
  actor: Actor,
  { id, at, action }: { id: string; at: Date; action: Notification['action'] },
): Notification {
  return {
    id: `${id}-${action}`,
    key: `test:${id}`,
    action,
    severity: 'ticket',
    title: 'A test message of Plumbline',
    summary: `${actor.name} asked for it. Nothing is wrong, and nothing is to be done.`,
    at,
    startedAt: at,
    facts: [],
    links: [{ title: 'Plumbline', href: context.config.publicUrl }],
  };
}
