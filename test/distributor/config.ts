import { parseArgs } from 'node:util';
import { z } from 'zod';
import { faultKinds, type FaultKind } from './business/faults.ts';

const Environment = z.object({
  PLUMBLINE_OTLP_URL: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:4318'),
  PLUMBLINE_OTLP_TOKENS: z.string().optional(),
  PLUMBLINE_DATA_DIR: z.string().min(1).default('.plumbline'),
  PLUMBLINE_API_URL: z.url({ protocol: /^https?$/ }).optional(),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  AMQP_URL: z.url({ protocol: /^amqps?$/ }).optional(),
  KAFKA_URL: z
    .string()
    .regex(/^kafka:\/\/[^/@\s]+\/?$/, 'write kafka://host:9092,host:9092')
    .optional(),
  PLUMBLINE_DISTRIBUTOR_PORT: z.coerce.number().int().min(0).max(65_535).default(4680),
});

const number = (min: number, max: number): z.ZodType<number> => z.coerce.number().min(min).max(max);

const Options = z.object({
  seed: number(0, 2 ** 31).default(1),
  /** Mean transactions a minute; more than 16 would exhaust the numbers of a busy hour. */
  rate: number(0.01, 16).default(1.5),
  days: number(0, 60).default(7),
  faults: z.string().default('all').transform(parseFaults),
  manifest: z.string().min(1).optional(),
  once: z.boolean().default(false),
  fresh: z.boolean().default(false),
  'no-inbox': z.boolean().default(false),
  /** Waits this long for the collector before it gives up. */
  patience: number(1, 3600).default(180),
});

export interface Config {
  readonly seed: number;
  readonly ratePerMinute: number;
  readonly days: number;
  readonly faults: ReadonlySet<FaultKind>;
  readonly manifestPath: string;
  readonly once: boolean;
  /** Forgets an earlier run instead of going on where it stopped. */
  readonly fresh: boolean;
  /** False: consumers keep no inbox, and whatever is delivered twice takes effect twice. */
  readonly inbox: boolean;
  readonly patienceMs: number;
  readonly otlpUrl: string;
  readonly otlpToken: string | undefined;
  /** Where dead letters that lie in no queue are handed in; undefined: nowhere. */
  readonly apiUrl: string | undefined;
  readonly databaseUrl: string | undefined;
  /** Undefined: flows of that broker travel over HTTP. */
  readonly amqpUrl: string | undefined;
  readonly kafkaUrl: string | undefined;
  readonly controlPort: number;
  readonly dataDir: string;
}

export const usage = `The reference distributor: a seeded business that sends what it does to Plumbline.

  node test/distributor/main.ts [options]

  --seed N        one seed, one history (1)
  --rate N        mean business transactions a minute, by night and day (1.5, at most 16)
  --days N        days of history sent before the live run (7; 0 for none)
  --once          stop after the history
  --fresh         start anew; without it, a run goes on where the last one in $PLUMBLINE_DATA_DIR stopped
  --no-inbox      consumers keep no inbox: what is delivered twice takes effect twice
  --faults LIST   all, none, or a list of: ${faultKinds.join(', ')}
  --manifest FILE the answer key, JSON lines ($PLUMBLINE_DATA_DIR/distributor-manifest.jsonl)
  --patience S    seconds to wait for a collector that takes nothing (180)
  --help

Environment: PLUMBLINE_OTLP_URL (http://127.0.0.1:4318), PLUMBLINE_OTLP_TOKENS, PLUMBLINE_API_URL (dead letters that
lie in no queue go there), DATABASE_URL (tables go to a database called distributor on that server), AMQP_URL, KAFKA_URL, PLUMBLINE_DISTRIBUTOR_PORT (4680: control endpoint).`;

/** A wrong option or variable; the message says which and why. */
export class WrongConfig extends Error {}

/** Reads the command line and the environment; throws `WrongConfig` when something is wrong. */
export function readConfig(args: readonly string[], environment: NodeJS.ProcessEnv): Config | 'help' {
  try {
    return parse(args, environment);
  } catch (error) {
    if (error instanceof z.ZodError) throw new WrongConfig(z.prettifyError(error));
    if (error instanceof TypeError && 'code' in error) throw new WrongConfig(error.message);
    throw error;
  }
}

function parse(args: readonly string[], environment: NodeJS.ProcessEnv): Config | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      rate: { type: 'string' },
      days: { type: 'string' },
      faults: { type: 'string' },
      manifest: { type: 'string' },
      patience: { type: 'string' },
      once: { type: 'boolean' },
      fresh: { type: 'boolean' },
      'no-inbox': { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return 'help';
  const options = Options.parse(values);
  const env = Environment.parse(environment);
  return {
    seed: options.seed,
    ratePerMinute: options.rate,
    days: options.days,
    faults: options.faults,
    manifestPath: options.manifest ?? `${env.PLUMBLINE_DATA_DIR}/distributor-manifest.jsonl`,
    once: options.once,
    fresh: options.fresh,
    inbox: !options['no-inbox'],
    patienceMs: options.patience * 1000,
    otlpUrl: env.PLUMBLINE_OTLP_URL.replace(/\/+$/, ''),
    otlpToken: env.PLUMBLINE_OTLP_TOKENS?.split(',')[0]?.trim(),
    apiUrl: env.PLUMBLINE_API_URL?.replace(/\/+$/, ''),
    databaseUrl: env.DATABASE_URL,
    amqpUrl: env.AMQP_URL,
    kafkaUrl: env.KAFKA_URL,
    controlPort: env.PLUMBLINE_DISTRIBUTOR_PORT,
    dataDir: env.PLUMBLINE_DATA_DIR,
  };
}

function parseFaults(list: string, context: z.RefinementCtx): ReadonlySet<FaultKind> {
  if (list === 'all') return new Set(faultKinds);
  if (list === 'none') return new Set();
  const kinds = new Set<FaultKind>();
  for (const name of list.split(',').map((part) => part.trim())) {
    const kind = faultKinds.find((known) => known === name);
    if (kind) kinds.add(kind);
    else
      context.addIssue({
        code: 'custom',
        message: `no fault is called "${name}"; there are ${faultKinds.join(', ')}`,
      });
  }
  return kinds;
}
