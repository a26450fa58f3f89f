import { Hono, type Context } from 'hono';
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
import type { Inbox } from './inbox.ts';

const flowNames = flowSpecs.map((spec) => spec.name);
const burst = z.number().int().min(1).max(1000).optional();

/** What POST /faults takes: a trouble of a flow for some minutes, or of the next few messages. */
const Fault = z.union([
  z.strictObject({
    kind: z.enum(windowKinds),
    flow: z.enum(flowNames),
    minutes: z.number().min(0.1).max(240).default(10),
    strength: z.number().min(0).max(1000).optional(),
    burst,
  }),
  z
    .strictObject({
      kind: z.enum(singleKinds),
      flow: z.enum(flowNames).optional(),
      count: z.number().int().min(1).max(1000).default(1),
      burst,
    })
    .refine((fault) => fault.burst === undefined || fault.flow !== undefined, 'name the flow of the burst'),
]);

const messageIdsMax = 10_000;
const Asked = z.strictObject({ messageIds: z.array(z.string().min(1).max(300)).min(1).max(messageIdsMax) });

export interface ControlOptions {
  readonly faults: FaultPlan;
  readonly note: (entry: ManifestEntry) => void;
  readonly latest: () => readonly ManifestEntry[];
  readonly inbox: Pick<Inbox, 'tallies' | 'totals'>;
  /** Puts so many messages on a flow at once; answers their ids, or undefined when there are no numbers left. */
  readonly burst: (flow: string, count: number) => readonly string[] | undefined;
  readonly now: () => number;
  /** Takes in what is replayed. */
  readonly gateway?: Hono;
}

const strengths: Readonly<Record<WindowKind, number>> = {
  'consumer-down': 1,
  'slow-consumer': 25,
  'schema-change': 0.5,
  outage: 1,
};

const jsonLines = { 'content-type': 'application/x-ndjson' };
const exhausted = {
  title: 'The numbers of this hour are used up.',
  status: 409,
  detail: 'At most 1,600 messages of bursts are possible in an hour; the next one begins at the full hour.',
};

/** The endpoint on loopback by which a person or a test breaks something, and reads the answer key. */
export function createControl(options: ControlOptions): Hono {
  const { latest, inbox, gateway } = options;
  const app = new Hono();
  if (gateway) app.route('/', gateway);
  app.use(bodyLimit({ maxSize: 2 * 1024 * 1024 }));
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
  app.post('/faults', faultTaker(options));
  app.get('/effects', async (c) => {
    const asked = c.req.query('messageIds');
    if (asked === undefined) return c.json(await inbox.totals());
    return effectsOf(c, inbox, { messageIds: asked.split(',') });
  });
  app.post('/effects', async (c) => effectsOf(c, inbox, await c.req.json().catch(() => undefined)));
  return app;
}

function faultTaker(options: ControlOptions): (c: Context) => Promise<Response> {
  const { faults, note, now } = options;
  let serial = 0;
  return async (c) => {
    if (!c.req.header('content-type')?.startsWith('application/json')) {
      return c.json({ title: 'Send application/json.', status: 415 }, 415);
    }
    const parsed = Fault.safeParse(await c.req.json().catch(() => undefined));
    if (!parsed.success)
      return c.json({ title: 'No such fault.', status: 400, detail: z.prettifyError(parsed.error) }, 400);
    const fault = parsed.data;
    const messageIds = fault.burst && fault.flow ? options.burst(fault.flow, fault.burst) : [];
    if (!messageIds) return c.json(exhausted, 409);
    const sent = fault.burst === undefined ? {} : { messageIds };
    if (!('minutes' in fault)) {
      provoke(faults, fault.kind, fault.flow, fault.count);
      return c.json({ kind: fault.kind, flow: fault.flow, count: fault.count, ...sent }, 201);
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
    return c.json({ ...windowEntry(window), ...sent }, 201);
  };
}

async function effectsOf(c: Context, inbox: ControlOptions['inbox'], asked: unknown): Promise<Response> {
  const parsed = Asked.safeParse(asked);
  if (!parsed.success)
    return c.json({ title: 'No message ids.', status: 400, detail: z.prettifyError(parsed.error) }, 400);
  const { messageIds } = parsed.data;
  const [items, totals] = await Promise.all([inbox.tallies(messageIds), inbox.totals(messageIds)]);
  return c.json({ items, ...totals });
}

/** Only faults of messages belong to a flow; those of transactions strike wherever they occur. */
function provoke(faults: FaultPlan, kind: SingleKind, flow: string | undefined, count: number): void {
  const ofMessage = kind === 'poison-message' || kind === 'transient-error';
  faults.provoke(kind, ofMessage ? flow : undefined, count);
}
