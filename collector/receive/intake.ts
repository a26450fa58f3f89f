import { DecodeError, type DecodeErrorCode } from '../decode/decode-error.ts';
import { LogBlock } from '../decode/log-block.ts';
import { OpenBlocks, type Block, type BlockLimits } from '../decode/open-blocks.ts';
import { openMetricBlocks, type MetricBlocks } from '../decode/point-row.ts';
import * as jsonLogs from '../decode/json/logs.ts';
import * as jsonMetrics from '../decode/json/metrics.ts';
import * as jsonTraces from '../decode/json/traces.ts';
import { decodeLogs } from '../decode/protobuf/logs.ts';
import { decodeMetrics } from '../decode/protobuf/metrics.ts';
import { decodeTraces } from '../decode/protobuf/traces.ts';
import { RequestContext, type RequestOutcome, type TimeWindow } from '../decode/request-context.ts';
import type { Signal } from '../decode/tables.ts';
import { TraceBlock } from '../decode/trace-block.ts';
import type { PendingRecord } from '../spool/segment.ts';
import type { Rejections } from '../spool/spool.ts';
import type { Encoding } from './answers.ts';

const decoders = {
  protobuf: { traces: decodeTraces, logs: decodeLogs, metrics: decodeMetrics },
  json: {
    traces: jsonTraces.decodeTraces,
    logs: jsonLogs.decodeLogs,
    metrics: jsonMetrics.decodeMetrics,
  },
};

export type DecodeResult =
  | { readonly ok: true; readonly outcome: RequestOutcome }
  | { readonly ok: false; readonly code: DecodeErrorCode; readonly message: string };

/** What one commit takes: the blocks as records, the rejections, and a way to give the blocks back. */
export interface Harvest {
  readonly records: PendingRecord[];
  readonly rejections: Rejections;
  release(): void;
}

/** The open blocks of all tables: requests are decoded into them, commits take them. */
export class Intake {
  private readonly traces: OpenBlocks<TraceBlock>;
  private readonly logs: OpenBlocks<LogBlock>;
  private readonly metrics: MetricBlocks;
  private rejections: Rejections = {};

  constructor(seed: number, limits: BlockLimits) {
    this.traces = new OpenBlocks(() => new TraceBlock(seed), limits);
    this.logs = new OpenBlocks(() => new LogBlock(seed), limits);
    this.metrics = openMetricBlocks(seed, limits);
  }

  private get all(): readonly OpenBlocks<Block>[] {
    const { gauge, sum, histogram, exponential, summary } = this.metrics;
    return [this.traces, this.logs, gauge, sum, histogram, exponential, summary];
  }

  private blocksOf(signal: Signal): readonly OpenBlocks<Block>[] {
    if (signal === 'traces') return this.all.slice(0, 1);
    return signal === 'logs' ? this.all.slice(1, 2) : this.all.slice(2);
  }

  /** Decodes one request; when it is malformed, nothing of it remains. */
  decode(signal: Signal, encoding: Encoding, body: Buffer, window: TimeWindow): DecodeResult {
    const context = new RequestContext(window);
    const touched = this.blocksOf(signal);
    for (const blocks of touched) blocks.begin();
    try {
      this.run(signal, encoding, body, context);
    } catch (error) {
      for (const blocks of touched) blocks.rollback();
      if (error instanceof DecodeError) return { ok: false, code: error.code, message: error.message };
      throw error;
    }
    let rejected = 0;
    for (const count of context.outcome.rejected.values()) rejected += count;
    this.rejections[signal] = (this.rejections[signal] ?? 0) + rejected;
    return { ok: true, outcome: context.outcome };
  }

  private run(signal: Signal, encoding: Encoding, body: Buffer, context: RequestContext): void {
    if (signal === 'traces') decoders[encoding].traces(body, this.traces, context);
    else if (signal === 'logs') decoders[encoding].logs(body, this.logs, context);
    else decoders[encoding].metrics(body, this.metrics, context);
  }

  /** Takes everything decoded since the last call. The payloads stay valid until `release`. */
  harvest(): Harvest {
    const records: PendingRecord[] = [];
    const releases: (() => void)[] = [];
    for (const blocks of this.all) {
      if (blocks.isEmpty) continue;
      for (const block of blocks.take()) {
        const { set, table } = block;
        if (set.rows > 0)
          records.push({
            table,
            columns: set.columns.map(({ name }) => name),
            payload: set.native(),
            rows: set.rows,
            received: set.accepted,
          });
        releases.push(() => blocks.release(block));
      }
    }
    const rejections = this.rejections;
    this.rejections = {};
    return { records, rejections, release: () => releases.forEach((release) => release()) };
  }
}
