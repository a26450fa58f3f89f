/**
 * `npm run bench:query`: how long the API takes for what a person waits for, over HTTP, with millions of spans stored.
 * Loads them first where the data directory holds fewer. The last line is one JSON object.
 */
import { mkdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { openApiStand, type ApiStand } from '../conformance/queries/stand.ts';
import { generatedCatalog } from './generated-business.ts';
import { loadSpans, settle } from './load-spans.ts';

const days = 7;
const apiPort = 25_040;

interface Case {
  readonly name: string;
  readonly targetMs: number;
  readonly paths: readonly string[];
}

interface Figure {
  readonly name: string;
  readonly pass: 'first' | 'again';
  readonly requests: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly maxMs: number;
  readonly targetMs: number;
}

const { values } = parseArgs({
  options: {
    spans: { type: 'string', default: '10000000' },
    samples: { type: 'string', default: '60' },
    'data-dir': { type: 'string', default: '.plumbline/bench' },
  },
});
const say = (sentence: string): void => void process.stderr.write(`${sentence}\n`);
await mkdir(values['data-dir'], { recursive: true });
const stand = await openApiStand({ directory: values['data-dir'], catalog: generatedCatalog(), apiPort });
try {
  await bench(stand, Number(values.spans), Number(values.samples));
} finally {
  await stand.close();
}

async function bench(api: ApiStand, spansWanted: number, samples: number): Promise<void> {
  const spans = await ensureSpans(api.clickHouse, spansWanted);
  const [end] = await select<{ at: string }>(api.clickHouse, 'SELECT max(Minute) AS at FROM flow_minute');
  const to = new Date(`${end?.at.replace(' ', 'T').replace(/Z?$/, 'Z')}`).getTime() + 60_000;
  const cases = await casesOf(api.clickHouse, to, samples);
  const figures: Figure[] = [];
  for (const one of cases) {
    figures.push(await measure(api, one, 'first'), await measure(api, one, 'again'));
    say(`${one.name} measured`);
  }
  const floors = await floorsOf(api.clickHouse, to);
  process.stdout.write(`${table(figures, floors, spans)}\n`);
  process.stdout.write(`${JSON.stringify({ bench: 'query', spans, figures, floors })}\n`);
}

async function ensureSpans(clickHouse: ClickHouse, wanted: number): Promise<number> {
  const stored = async () =>
    Number((await select<{ n: string }>(clickHouse, 'SELECT count() AS n FROM otel_traces'))[0]?.n ?? 0);
  if ((await stored()) < wanted) {
    await loadSpans(clickHouse, { spans: wanted, days, endMs: Date.now(), progress: say });
    await settle(clickHouse, 120_000);
  }
  return stored();
}

/** What is asked, for as many different keys as samples; pages that have no key are asked as often. */
async function casesOf(clickHouse: ClickHouse, toMs: number, samples: number): Promise<Case[]> {
  const keys = await select<{ key: string }>(
    clickHouse,
    `SELECT Key AS key FROM key_search WHERE startsWith(Key, 'order:') OR startsWith(Key, 'invoice:') OR startsWith(Key, 'shipment:') ORDER BY sipHash64(Key) LIMIT ${samples}`,
  );
  const traces = await select<{ id: string }>(
    clickHouse,
    `SELECT DISTINCT TraceId AS id FROM trace_index ORDER BY sipHash64(TraceId) LIMIT ${samples}`,
  );
  const flows = generatedCatalog().flows.map(({ name }) => name);
  const week = `from=${toMs - days * 86_400_000}&to=${toMs}`;
  const hour = `from=${toMs - 3_600_000}&to=${toMs}`;
  const times = <Item>(make: (at: number) => Item) => Array.from({ length: samples }, (_, at) => make(at));
  const flow = (at: number) => flows[at % flows.length] ?? '';
  return [
    {
      name: 'transaction by key',
      targetMs: 100,
      paths: keys.map(({ key }) => `/transactions/${encodeURIComponent(key)}`),
    },
    {
      name: 'search by number',
      targetMs: 100,
      paths: keys.map(({ key }) => `/search?q=${encodeURIComponent(key.slice(key.indexOf(':') + 1))}`),
    },
    { name: 'trace', targetMs: 100, paths: traces.map(({ id }) => `/traces/${id}`) },
    { name: 'overview, 7 days', targetMs: 300, paths: times(() => `/overview?${week}`) },
    { name: 'overview, 1 hour', targetMs: 300, paths: times(() => `/overview?${hour}`) },
    { name: 'flow, 7 days', targetMs: 300, paths: times((at) => `/flows/${flow(at)}?${week}`) },
    {
      name: 'messages, 7 days',
      targetMs: 300,
      paths: times((at) => `/flows/${flow(at)}/messages?${week}&outcome=trouble`),
    },
    { name: 'transactions, 7 days', targetMs: 300, paths: times(() => `/transactions?${week}`) },
    {
      name: 'late transactions, 7 days',
      targetMs: 1000,
      paths: times(() => `/transactions?${week}&state=late`),
    },
    { name: 'systems, 7 days', targetMs: 300, paths: times(() => `/systems?${week}`) },
  ];
}

async function measure(
  api: ApiStand,
  { name, targetMs, paths }: Case,
  pass: Figure['pass'],
): Promise<Figure> {
  if (pass === 'first') {
    for (const cache of ['MARK', 'UNCOMPRESSED', 'QUERY']) {
      await api.clickHouse.command({ query: `SYSTEM DROP ${cache} CACHE` });
    }
  }
  const elapsed: number[] = [];
  for (const path of paths) {
    const startedMs = performance.now();
    const response = await api.fetch(path);
    const text = await response.text();
    elapsed.push(performance.now() - startedMs);
    if (response.status !== 200)
      throw new Error(`${path} answered ${response.status}: ${text.slice(0, 300)}`);
  }
  elapsed.sort((a, b) => a - b);
  const at = (share: number) =>
    round(elapsed[Math.min(elapsed.length - 1, Math.floor(elapsed.length * share))]);
  return { name, pass, requests: paths.length, p50Ms: at(0.5), p95Ms: at(0.95), maxMs: at(1), targetMs };
}

/** What the same questions cost without what was derived for them: a scan of the spans themselves. */
async function floorsOf(
  clickHouse: ClickHouse,
  toMs: number,
): Promise<{ name: string; elapsedMs: number }[]> {
  const from = `toDateTime(${Math.floor(toMs / 1000) - days * 86_400})`;
  const scans = {
    'no-op query': 'SELECT 1',
    'scan spans for one key': `SELECT count() FROM otel_traces WHERE position(SpanAttributes['business.key'], 'order:SO-1000001"') > 0`,
    'percentiles of 7 days from messages': `SELECT Flow, count(), quantiles(0.5, 0.95, 0.99)(DurationNs) FROM messages WHERE Time >= ${from} GROUP BY Flow`,
  };
  const floors = [];
  for (const [name, sql] of Object.entries(scans)) {
    const startedMs = performance.now();
    await select(clickHouse, sql);
    floors.push({ name, elapsedMs: round(performance.now() - startedMs) });
  }
  return floors;
}

function table(
  figures: readonly Figure[],
  floors: readonly { name: string; elapsedMs: number }[],
  spans: number,
): string {
  const row = (cells: readonly (string | number)[]) =>
    `| ${cells.map((cell, at) => (at === 0 ? String(cell).padEnd(36) : String(cell).padStart(8))).join(' | ')} |`;
  return [
    `${spans.toLocaleString('en')} spans`,
    row(['request', 'pass', 'p50 ms', 'p95 ms', 'max ms', 'target', 'met']),
    ...figures.map(({ name, pass, p50Ms, p95Ms, maxMs, targetMs }) =>
      row([name, pass, p50Ms, p95Ms, maxMs, targetMs, p95Ms <= targetMs ? 'yes' : 'NO']),
    ),
    ...floors.map(({ name, elapsedMs }) => row([name, 'floor', elapsedMs, '', '', '', ''])),
  ].join('\n');
}

function round(value: number | undefined): number {
  return Math.round((value ?? 0) * 10) / 10;
}

async function select<Row>(clickHouse: ClickHouse, sql: string): Promise<Row[]> {
  const result = await clickHouse.query({ query: sql, format: 'JSONEachRow' });
  return result.json<Row>();
}
