import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { flowSpecs, type FlowSpec } from '../business/flows.ts';
import type { Step } from '../business/types.ts';
import type { Desk } from './desk.ts';
import { readDelivery } from './wire.ts';

const bodyBytesMax = 64 * 1024;

/**
 * Where replays reach the systems over HTTP: `/systems/<system>/inbox/<flow>`, and, on a machine without brokers,
 * `/destinations/<queue or topic>`. What arrives here goes the way of every message, only that nobody tries again.
 */
export function createGateway(desk: Desk, emit: (step: Step) => void, now: () => number): Hono {
  const app = new Hono();
  app.use(bodyLimit({ maxSize: bodyBytesMax }));
  app.get('/systems/:system', (c) => c.json({ status: 'up' }));
  app.get('/destinations', (c) => c.json({ status: 'up' }));
  app.post('/systems/:system/inbox/:flow', (c) =>
    receive(
      c,
      flowSpecs.find(({ name, target }) => name === c.req.param('flow') && target === c.req.param('system')),
    ),
  );
  app.post('/destinations/:destination', (c) =>
    receive(
      c,
      flowSpecs.find((spec) => destinationOf(spec) === c.req.param('destination')),
    ),
  );

  const receive = async (c: Context, spec: FlowSpec | undefined): Promise<Response> => {
    if (!spec) return c.json({ title: 'No flow ends here.', status: 404 }, 404);
    const delivery = readDelivery(spec.name, await c.req.text(), c.req.header(), now());
    if (!delivery) {
      const detail = 'Send a JSON object of plain fields, and the header message-id.';
      return c.json({ title: `This is no message of ${spec.name}.`, status: 400, detail }, 400);
    }
    const handling = await desk.handle(delivery, { overHttp: false, last: true });
    if (handling === 'down') return c.json({ title: `${spec.target} is down.`, status: 503 }, 503);
    const { startedAtMs, outcome, failure, attempt, durationMs } = handling;
    const { message, sentAtMs, origin } = delivery;
    emit({
      kind: 'attempted',
      via: 'replay',
      atMs: startedAtMs,
      durationMs,
      message,
      sentAtMs,
      attempt,
      outcome,
      ...(failure && { failure }),
      ...(origin && { origin }),
    });
    if (!failure) return c.json({ outcome, attempt }, 200);
    const { type, message: detail, status = 500 } = failure;
    return Response.json(
      { title: type, status, detail },
      { status, headers: { 'content-type': 'application/problem+json' } },
    );
  };
  return app;
}

function destinationOf({ transport }: FlowSpec): string | undefined {
  if (transport.kind === 'rabbitmq') return transport.queue;
  return transport.kind === 'kafka' ? transport.topic : undefined;
}
