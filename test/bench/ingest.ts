/**
 * `npm run bench:ingest`: how many spans a second one collector takes at the front door, against the limit that the
 * engine itself sets for the same Native bytes. The last line is one JSON object.
 */
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeMessage } from '@plumbline/collector/decode/otlp-encoder.ts';
import { createInserts, parseTarget } from '@plumbline/collector/load/insert.ts';
import { readSegment } from '@plumbline/collector/spool/segment-format.ts';
import { CollectorProcess, openStand, type Stand } from '../conformance/otlp/stand.ts';

const spansPerRequest = 500;
const attributesPerSpan = 10;
const distinctRequests = 40;
const connections = 8;
const measureMs = 6000;
const ports = { clickHousePort: 22045, otlpPort: 22046, awayPort: 22047, nobody: 22049 };

type Form = {
  readonly name: string;
  readonly headers: Record<string, string>;
  readonly bodies: readonly Buffer[];
};
interface Result {
  readonly spansPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly megabytesPerSecond: number;
}

function makeRequest(index: number): Record<string, unknown> {
  const startNs = BigInt(Date.now()) * 1_000_000n;
  const spans = Array.from({ length: spansPerRequest }, (_, span) => ({
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    name: `process order ${span % 20}`,
    kind: 5,
    startTimeUnixNano: String(startNs + BigInt(span * 1000)),
    endTimeUnixNano: String(startNs + BigInt(span * 1000 + 2_500_000)),
    attributes: Array.from({ length: attributesPerSpan }, (_, attribute) => ({
      key: `business.attribute.${attribute}`,
      value:
        attribute % 3 === 0
          ? { intValue: String(index * span) }
          : { stringValue: `value-${index}-${span % 50}` },
    })),
  }));
  const resource = {
    attributes: ['service.name', 'host.name', 'service.version', 'deployment.environment'].map((key) => ({
      key,
      value: { stringValue: `${key}-${index % 5}` },
    })),
  };
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'bench', version: '1' }, spans }] }] };
}

function makeForms(): Form[] {
  const requests = Array.from({ length: distinctRequests }, (_, index) => makeRequest(index));
  const protobuf = requests.map((one) => encodeMessage('traces', one));
  const json = requests.map((one) => Buffer.from(JSON.stringify(one)));
  const zip = (bodies: readonly Buffer[]): Buffer[] => bodies.map((body) => gzipSync(body, { level: 1 }));
  const plain = (type: string): Record<string, string> => ({ 'content-type': `application/${type}` });
  const gzip = (type: string): Record<string, string> => ({ ...plain(type), 'content-encoding': 'gzip' });
  return [
    { name: 'protobuf', headers: plain('x-protobuf'), bodies: protobuf },
    { name: 'protobuf, gzip', headers: gzip('x-protobuf'), bodies: zip(protobuf) },
    { name: 'JSON', headers: plain('json'), bodies: json },
    { name: 'JSON, gzip', headers: gzip('json'), bodies: zip(json) },
  ];
}

/** Posts on a kept connection and tells the status; the sender shares the machine, so it does as little as it can. */
function post(agent: Agent, url: string, headers: Record<string, string>, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${url}/v1/traces`, {
      method: 'POST',
      agent,
      headers: { ...headers, 'content-length': String(body.length) },
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    outgoing.end(body);
  });
}

const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;

async function measure(url: string, form: Form): Promise<Result> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const latenciesMs: number[] = [];
  let bytes = 0;
  const startedMs = performance.now();
  const sender = async (first: number): Promise<void> => {
    for (let turn = first; performance.now() - startedMs < measureMs; turn++) {
      const body = form.bodies[turn % form.bodies.length] as Buffer;
      const sentMs = performance.now();
      const status = await post(agent, url, form.headers, body);
      if (status !== 200) throw new Error(`The collector answered ${status}.`);
      latenciesMs.push(performance.now() - sentMs);
      bytes += body.length;
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, index) => sender(index * 5)));
  const seconds = (performance.now() - startedMs) / 1000;
  agent.destroy();
  latenciesMs.sort((left, right) => left - right);
  return {
    spansPerSecond: Math.round((latenciesMs.length * spansPerRequest) / seconds),
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
    megabytesPerSecond: bytes / 1e6 / seconds,
  };
}

/** Spools spans without a ClickHouse to load them into, then inserts the very segments as fast as the engine takes them. */
async function measureEngine(stand: Stand, form: Form): Promise<number> {
  const spool = `${stand.directory}/engine-spool`;
  const away = new CollectorProcess(ports.awayPort, {
    CLICKHOUSE_URL: `http://127.0.0.1:${ports.nobody}/plumbline`,
    PLUMBLINE_SPOOL_DIR: spool,
  });
  await away.start();
  await measure(away.url, form);
  await away.end('SIGTERM');
  const inserts = createInserts(parseTarget(stand.engines.clickhouseUrl));
  let rows = 0;
  let elapsedMs = 0;
  for (const name of (await readdir(`${spool}/segments`)).sort()) {
    const bytes = await readFile(`${spool}/segments/${name}`);
    const content = readSegment(bytes);
    if (!content) continue;
    const blocks = content.records.map((one) =>
      bytes.subarray(one.payloadAt, one.payloadAt + one.payloadBytes),
    );
    const startedMs = performance.now();
    const result = await inserts.insert(
      content.preamble.table,
      content.preamble.columns,
      blocks,
      `bench-${name}`,
      'all',
    );
    elapsedMs += performance.now() - startedMs;
    if (!result.ok) throw new Error(result.message);
    rows += content.records.reduce((sum, record) => sum + record.rows, 0);
  }
  inserts.close();
  return Math.round(rows / (elapsedMs / 1000));
}

/** From the acknowledgement of a single small request to its span being found by a query. */
async function measureVisibility(stand: Stand): Promise<number[]> {
  const afterMs: number[] = [];
  for (let turn = 0; turn < 20; turn++) {
    const one = makeRequest(turn) as { resourceSpans: { scopeSpans: { spans: { traceId: string }[] }[] }[] };
    const spans = one.resourceSpans[0]?.scopeSpans[0]?.spans.slice(0, 1) ?? [];
    const body = encodeMessage('traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] });
    await stand.collector.post('/v1/traces', body, { 'content-type': 'application/x-protobuf' });
    const acknowledgedMs = performance.now();
    const sql = `SELECT count() AS found FROM otel_traces WHERE TraceId = '${spans[0]?.traceId}'`;
    while (Number((await stand.select<{ found: number }>(sql))[0]?.found) === 0) await sleep(10);
    afterMs.push(performance.now() - acknowledgedMs);
    await sleep((turn * 37) % 200);
  }
  return afterMs.sort((left, right) => left - right);
}

const round = (value: number): number => Math.round(value * 10) / 10;
const stand = await openStand(ports);
try {
  const forms = makeForms();
  const visibleMs = await measureVisibility(stand);
  const engine = await measureEngine(stand, forms[0] as Form);
  const results: Record<string, Result> = {};
  for (const form of forms) {
    await measure(stand.collector.url, { ...form, bodies: form.bodies.slice(0, 2) });
    results[form.name] = await measure(stand.collector.url, form);
    await stand.drained();
  }
  console.log(
    `${attributesPerSpan} attributes a span, ${spansPerRequest} spans a request, ${connections} connections;`,
  );
  console.log('sender, collector, ClickHouse and its views share this machine.\n');
  console.log('front door        spans/s    of engine   MB/s   p50 ms   p99 ms');
  for (const [name, { spansPerSecond, megabytesPerSecond, p50Ms, p99Ms }] of Object.entries(results)) {
    const ratio = `${Math.round((spansPerSecond / engine) * 100)} %`;
    const cells = [round(megabytesPerSecond), round(p50Ms), round(p99Ms)].map((cell) =>
      String(cell).padStart(8),
    );
    console.log(
      `${name.padEnd(16)} ${String(spansPerSecond).padStart(8)} ${ratio.padStart(12)} ${cells.join(' ')}`,
    );
  }
  console.log(
    `engine alone     ${String(engine).padStart(8)}   (the same Native segments, all views behind them)`,
  );
  const visible = { p50Ms: round(quantile(visibleMs, 0.5)), p99Ms: round(quantile(visibleMs, 0.99)) };
  console.log(`visible after acknowledgement: p50 ${visible.p50Ms} ms, p99 ${visible.p99Ms} ms\n`);
  console.log(
    JSON.stringify({
      spansPerRequest,
      attributesPerSpan,
      engineSpansPerSecond: engine,
      frontDoor: results,
      visible,
    }),
  );
} finally {
  await stand.close();
}
