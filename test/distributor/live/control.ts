import { serve, type ServerType } from '@hono/node-server';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import { flowSpecs } from '../business/flows.ts';
import {
  singleKinds,
  windowKinds,
  type FaultPlan,
  type SingleKind,
  type WindowKind,
} from '../business/faults.ts';
import { windowEntry, type ManifestEntry } from '../business/manifest.ts';

const flowNames = flowSpecs.map((spec) => spec.name);

/** What POST /faults takes: a trouble of a flow for some minutes, or of the next few messages. */
const Fault = z.union([
  z.strictObject({
    kind: z.enum(windowKinds),
    flow: z.enum(flowNames),
    minutes: z.number().min(0.1).max(240).default(10),
    strength: z.number().min(0).max(1000).optional(),
  }),
  z.strictObject({
    kind: z.enum(singleKinds),
    flow: z.enum(flowNames).optional(),
    count: z.number().int().min(1).max(1000).default(1),
  }),
]);

export interface ControlOptions {
  readonly port: number;
  readonly faults: FaultPlan;
  readonly note: (entry: ManifestEntry) => void;
  readonly latest: () => readonly ManifestEntry[];
  readonly now: () => number;
}

const strengths: Readonly<Record<WindowKind, number>> = {
  'consumer-down': 1,
  'slow-consumer': 25,
  'schema-change': 0.5,
};

/** The endpoint on loopback by which a person or a test breaks something, and reads the answer key. */
export function createControl({ faults, note, latest, now }: Omit<ControlOptions, 'port'>): Hono {
  const app = new Hono();
  let serial = 0;
  app.use(bodyLimit({ maxSize: 16 * 1024 }));
  app.get('/healthz', (c) => c.json({ status: 'alive' }));
  app.get('/manifest', (c) =>
    c.body(
      latest()
        .map((entry) => `${JSON.stringify(entry)}\n`)
        .join(''),
      200,
      jsonLines,
    ),
  );
  app.get('/faults', (c) => c.json({ windowKinds, singleKinds, flows: flowNames }));
  app.post('/faults', async (c) => {
    if (!c.req.header('content-type')?.startsWith('application/json')) {
      return c.json({ title: 'Send application/json.', status: 415 }, 415);
    }
    const parsed = Fault.safeParse(await c.req.json().catch(() => undefined));
    if (!parsed.success)
      return c.json({ title: 'No such fault.', status: 400, detail: z.prettifyError(parsed.error) }, 400);
    const fault = parsed.data;
    if (!('minutes' in fault)) {
      provoke(faults, fault.kind, fault.flow, fault.count);
      return c.json({ kind: fault.kind, flow: fault.flow, count: fault.count }, 201);
    }
    const fromMs = now();
    const window = {
      id: `${fault.kind}-by-hand-${fromMs}-${++serial}`,
      kind: fault.kind,
      flow: fault.flow,
      fromMs,
      untilMs: fromMs + fault.minutes * 60_000,
      strength: fault.strength ?? strengths[fault.kind],
    };
    faults.add(window);
    note(windowEntry(window));
    return c.json(windowEntry(window), 201);
  });
  return app;
}

const jsonLines = { 'content-type': 'application/x-ndjson' };

/** Only faults of messages belong to a flow; those of transactions strike wherever they occur. */
function provoke(faults: FaultPlan, kind: SingleKind, flow: string | undefined, count: number): void {
  const ofMessage = kind === 'poison-message' || kind === 'transient-error';
  faults.provoke(kind, ofMessage ? flow : undefined, count);
}

/** Serves the control endpoint on loopback. */
export function serveControl(options: ControlOptions): Promise<ServerType> {
  const app = createControl(options);
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: options.port }, () =>
      resolve(server),
    );
    server.once('error', reject);
  });
}
