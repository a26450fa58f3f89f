/**
 * `npm run bench:objectives`: how long one tick takes that reads and evaluates a thousand objectives over thirty days.
 * Every objective has a flow of its own with messages in every minute, which is the most that its rollup can hold.
 * The last line is one JSON object.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startEngines } from '@plumbline/deploy/local/engines.ts';
import { Flow } from '@plumbline/model/catalog/schema.ts';
import { createClickHouse, type ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { migrate } from '@plumbline/model/clickhouse/migrate.ts';
import { backtest } from '@plumbline/slo/backtest.ts';
import { minuteOf } from '@plumbline/slo/interval.ts';
import { sampleObjective } from '@plumbline/slo/sample.ts';
import { createEngine, type Kept, newKept, readHistory, runTick, tapeFor } from '@plumbline/slo/tick.ts';

const dayMs = 86_400_000;
const targetMs = 5000;

const { values } = parseArgs({
  options: {
    objectives: { type: 'string', default: '1000' },
    ticks: { type: 'string', default: '10' },
    // Fewer fill quicker; a tick reads as much, since it reads hours and not days.
    days: { type: 'string', default: '30' },
    port: { type: 'string', default: '24040' },
  },
});
const count = Number(values.objectives);
const days = Number(values.days);
const say = (sentence: string): void => void process.stderr.write(`${sentence}\n`);
const dataDir = await mkdtemp(path.join(tmpdir(), 'plumbline-objectives-'));
const engines = await startEngines({ dataDir, clickhousePort: Number(values.port), postgresPort: false });
const clickHouse = createClickHouse({ url: engines.clickhouseUrl, requestTimeoutMs: 600_000 });
try {
  await migrate(clickHouse);
  await bench();
} finally {
  await clickHouse.close();
  await engines.stop();
  await rm(dataDir, { recursive: true, force: true });
}

async function bench(): Promise<void> {
  const endMs = Math.floor(Date.now() / dayMs) * dayMs;
  const fillMs = await timed(() => fill(clickHouse, endMs));
  say(`${count} flows, ${days} days by the minute, stored in ${seconds(fillMs)}`);
  const catalog = {
    hash: 'bench',
    flows: Array.from({ length: count }, (_, index) => flow(index)),
    objectives: Array.from({ length: count }, (_, index) =>
      sampleObjective({
        name: `objective-${index}`,
        indicator: { flow: `flow-${index}`, operation: 'process', bad: 'failed' },
      }),
    ),
    calendars: [],
  };
  const engine = createEngine(catalog);
  const historyMs = await timed(() => readHistory(engine, clickHouse, endMs));
  say(`history read in ${seconds(historyMs)}`);
  const kept = new Map<string, Kept>();
  const createdMinute = minuteOf(endMs) - 1;
  const ticks: number[] = [];
  for (let tick = 0; tick < Number(values.ticks); tick += 1) {
    const nowMs = endMs + tick * 60_000;
    const keptOf = ({ name }: { name: string }) => kept.get(name) ?? newKept(createdMinute);
    let outcomes: Awaited<ReturnType<typeof runTick>> = [];
    ticks.push(await timed(async () => void (outcomes = await runTick(engine, clickHouse, keptOf, nowMs))));
    for (const { objective, state } of outcomes)
      kept.set(objective.name, { ...newKept(createdMinute), state });
    const counted = outcomes.filter(({ explanation }) => explanation.budget.total > 0).length;
    if (counted !== count) throw new Error(`only ${counted} of ${count} objectives counted anything`);
  }
  const backtestMs = await timed(async () => {
    const [objective] = catalog.objectives;
    if (objective === undefined) return;
    const range = { from: minuteOf(endMs) - days * 1440, to: minuteOf(endMs) };
    backtest(objective, tapeFor(engine, objective, newKept(range.from), range), range);
  });
  const sorted = ticks.toSorted((a, b) => a - b);
  const figures = {
    bench: 'objectives',
    objectives: count,
    days,
    tickP50Ms: Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0),
    tickMaxMs: Math.round(sorted.at(-1) ?? 0),
    targetMs,
    historyMs: Math.round(historyMs),
    backtestMs: Math.round(backtestMs),
    memoryMb: Math.round(process.memoryUsage().rss / 1e6),
  };
  say(
    `a tick takes ${figures.tickP50Ms} ms at the median and ${figures.tickMaxMs} ms at most; ${targetMs} ms are allowed`,
  );
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  if (figures.tickMaxMs > targetMs) process.exitCode = 1;
}

/** Rollup rows as the views make them, a day an insert; a few in a thousand messages fail. */
async function fill(store: ClickHouse, endMs: number): Promise<void> {
  for (let day = 1; day <= days; day += 1) {
    await store.command({
      query: `
        INSERT INTO flow_minute (Flow, Minute, Operation, Total, Failed, LastTime, IngestMonth)
        SELECT concat('flow-', toString(intDiv(number, 1440))) AS Flow, {from:DateTime} + (number % 1440) * 60 AS Minute, 'process',
               100 + sipHash64(number) % 50, toUInt8(sipHash64(number, 1) % 20 = 0), Minute + 59, toStartOfMonth(Minute)
        FROM numbers({rows:UInt64})`,
      query_params: { from: new Date(endMs - day * dayMs), rows: count * 1440 },
    });
  }
}

function flow(index: number): Flow {
  return Flow.parse({
    name: `flow-${index}`,
    title: `Flow ${index}`,
    source: `source-${index % 20}`,
    target: `target-${index % 20}`,
    entity: 'order',
    transport: { kind: 'http', destination: '/' },
    owner: 'bench',
  });
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
