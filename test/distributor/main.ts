import { z } from 'zod';
import { createFaultPlan } from './business/faults.ts';
import { createBusiness } from './business/simulate.ts';
import type { Step } from './business/types.ts';
import { readConfig, usage, type Config } from './config.ts';
import { backfill, remember, type History } from './history.ts';
import { openManifest } from './manifest-file.ts';
import { createEmitter } from './telemetry/emitter.ts';
import { CollectorAway, createExporter } from './telemetry/exporter.ts';

const dayMs = 86_400_000;

function say(sentence: string): void {
  process.stdout.write(`distributor: ${sentence}\n`);
}

async function run(config: Config): Promise<void> {
  const nowMs = Date.now();
  const exporter = createExporter({
    url: config.otlpUrl,
    token: config.otlpToken,
    patienceMs: config.patienceMs,
    now: Date.now,
    say,
  });
  const emit = createEmitter(exporter);
  const manifest = openManifest(config.manifestPath, 'new');
  const history: History = new Map();
  let onStep = (step: Step): void => remember(history, step);
  const faults = createFaultPlan(config.seed, config.faults);
  const { seed, ratePerMinute } = config;
  const fromMs = nowMs - config.days * dayMs;
  const business = createBusiness({
    seed,
    ratePerMinute,
    faults,
    fromMs,
    emit: (step) => onStep(step),
    note: manifest.write,
  });
  say(`living through ${config.days} days with seed ${seed} at ${ratePerMinute} transactions a minute.`);
  let saidMs = nowMs;
  await backfill(business, history, nowMs, emit, exporter, (hoursLeft) => {
    if (Date.now() - saidMs < 2000) return;
    saidMs = Date.now();
    const { spans, logs } = exporter.counts();
    say(`${spans} spans and ${logs} logs stored, ${hoursLeft} hours of history to go.`);
  });
  const { spans, logs } = exporter.counts();
  say(`history stored in ${((Date.now() - nowMs) / 1000).toFixed(1)} s: ${spans} spans, ${logs} logs.`);
  onStep = emit;
  await manifest.close();
}

/** One sentence for whoever started it; the stack only for bugs. */
function explain(error: unknown): string {
  if (error instanceof z.ZodError) return z.prettifyError(error);
  if (error instanceof CollectorAway || (error instanceof TypeError && 'code' in error)) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

try {
  const config = readConfig(process.argv.slice(2), process.env);
  if (config === 'help') process.stdout.write(`${usage}\n`);
  else await run(config);
} catch (error) {
  process.stderr.write(`distributor: ${explain(error)}\n`);
  process.exitCode = 1;
}
