import type { ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { createFaultPlan, faultKinds } from '../../distributor/business/faults.ts';
import { advance, createBusiness } from '../../distributor/business/simulate.ts';
import type { Step } from '../../distributor/business/types.ts';
import type { AttributeSet, LogPlan, SpanPlan } from '../../distributor/telemetry/plan.ts';
import { logsOf, spansOf } from '../../distributor/telemetry/statements.ts';

export const openedMs = Date.UTC(2026, 10, 15, 12);
export const untilMs = Date.UTC(2026, 10, 19, 20);
const ratePerMinute = 0.3;
const rowsPerInsert = 5000;

/** Everything that happens in the distributor in four days of one seed, faults included. */
export function liveThrough(): Step[] {
  const steps: Step[] = [];
  const business = createBusiness({
    seed: 11,
    ratePerMinute,
    faults: createFaultPlan(11, new Set(faultKinds)),
    fromMs: openedMs,
    emit: (step) => steps.push(step),
    note: () => undefined,
  });
  advance(business, untilMs);
  // A step counts once it is over: the telemetry of one that is under way is still to come.
  return steps.filter((step) => step.kind !== 'attempted' || step.atMs + step.durationMs < untilMs);
}

/** Writes what the distributor says of itself as its spans and logs lie in ClickHouse. */
export async function tell(clickHouse: ClickHouse, steps: readonly Step[]): Promise<void> {
  const put = async (table: string, rows: readonly object[]) => {
    for (let from = 0; from < rows.length; from += rowsPerInsert)
      await clickHouse.insert({
        table,
        values: rows.slice(from, from + rowsPerInsert),
        format: 'JSONEachRow',
      });
  };
  await put('otel_traces', steps.flatMap(spansOf).map(spanRow));
  await put('otel_logs', steps.flatMap(logsOf).map(logRow));
}

function spanRow(plan: SpanPlan): object {
  const { place, parent, error, startMs, endMs } = plan;
  return {
    Timestamp: instant(startMs),
    TraceId: place.traceId,
    SpanId: place.spanId,
    ParentSpanId: parent?.spanId ?? '',
    SpanName: plan.name,
    SpanKind: plan.kind.replace(/^./, (first) => first.toUpperCase()),
    ServiceName: plan.service,
    SpanAttributes: { ...texts(plan.attributes), ...(error && { 'error.type': error.type }) },
    Duration: Math.round((endMs - startMs) * 1e6),
    StatusCode: error ? 'Error' : 'Unset',
    StatusMessage: error?.message ?? '',
  };
}

function logRow(plan: LogPlan): object {
  return {
    Timestamp: instant(plan.atMs),
    TraceId: plan.place?.traceId ?? '',
    SpanId: plan.place?.spanId ?? '',
    SeverityNumber: plan.severity === 'error' ? 17 : 9,
    ServiceName: plan.service,
    Body: plan.body,
    LogAttributes: texts(plan.attributes),
    EventName: plan.eventName ?? '',
  };
}

function texts(attributes: AttributeSet): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      Array.isArray(value) ? JSON.stringify(value) : String(value),
    ]),
  );
}

/** Whole milliseconds: what the tables of the systems keep. */
function instant(atMs: number): string {
  return new Date(Math.floor(atMs)).toISOString().replace('T', ' ').replace('Z', '');
}
