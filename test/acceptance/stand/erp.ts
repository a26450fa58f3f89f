import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { tellOfProcessing } from './telling.ts';

/** How the ERP takes what is sent to one of its flows. */
export const Behaviour = z.object({
  /** Status of the answer; 0: the connection is cut instead. */
  status: z.int().default(200),
  /** What its telemetry says of the message; `nothing`: it says nothing. */
  tells: z.enum(['delivered', 'discarded', 'failed', 'dead_lettered', 'nothing']).default('delivered'),
  /** Telemetry comes so much later than the answer. */
  tellsAfterMs: z.int().default(0),
  /** The answer takes so long. */
  answersAfterMs: z.int().default(0),
  /** Of these messages alone; the others are taken as by the rule before. */
  messageIds: z.array(z.string()).optional(),
});
export type Behaviour = z.input<typeof Behaviour>;

/** One request as it came over the wire. */
export const Received = z.object({
  messageId: z.string(),
  /** Names and values in turn, as Node hands them over: case and duplicates survive. */
  rawHeaders: z.array(z.string()),
  bodyBase64: z.string(),
  atMs: z.number(),
});
export type Received = z.infer<typeof Received>;

interface Flow {
  behaviours: z.output<typeof Behaviour>[];
  readonly received: Received[];
}

/**
 * A target over HTTP: takes messages at `/flows/<flow>`, says of each in telemetry what became of it, and keeps
 * everything it was sent. `PUT /behaviour/<flow>` takes rules, the first that fits counts; `GET /received/<flow>` shows.
 */
export async function startErp(otlpUrl: () => string) {
  const flows = new Map<string, Flow>();
  const flowOf = (name: string): Flow => {
    const flow = flows.get(name) ?? { behaviours: [], received: [] };
    flows.set(name, flow);
    return flow;
  };
  const take = async (name: string, request: IncomingMessage, response: ServerResponse) => {
    const flow = flowOf(name);
    const body = await bytesOf(request);
    const messageId = String(request.headers['message-id'] ?? '');
    flow.received.push({
      messageId,
      rawHeaders: request.rawHeaders,
      bodyBase64: body.toString('base64'),
      atMs: Date.now(),
    });
    const rule =
      flow.behaviours.find(({ messageIds }) => messageIds?.includes(messageId) ?? true) ??
      Behaviour.parse({});
    if (rule.answersAfterMs > 0) await sleep(rule.answersAfterMs);
    if (rule.tells !== 'nothing')
      setTimeout(
        () => void tellOfProcessing(otlpUrl(), { flow: name, messageId, outcome: rule.tells, body }),
        rule.tellsAfterMs,
      );
    if (rule.status === 0) return void request.socket.destroy();
    response.writeHead(rule.status, { 'content-type': 'application/json' }).end('{}');
  };
  const server = createServer((request, response) => {
    const [, kind, name = ''] = (request.url ?? '').split('/');
    const answered =
      kind === 'flows' && request.method === 'POST'
        ? take(name, request, response)
        : control(flowOf(name), kind, request, response);
    answered.catch((error: unknown) => response.writeHead(400).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function control(
  flow: Flow,
  kind: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (kind === 'behaviour')
    flow.behaviours = z.array(Behaviour).parse(JSON.parse((await bytesOf(request)).toString()));
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(flow.received));
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
