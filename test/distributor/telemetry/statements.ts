import { attribute, recordSnapshotEvent } from '@plumbline/model/telemetry/attributes.ts';
import { flowSpec } from '../business/flows.ts';
import type { Step } from '../business/types.ts';
import { attemptPlace, attemptedSpans, processPlace, sentSpans } from './message-spans.ts';
import { replaySpans } from './replay-spans.ts';
import { mainService } from './services.ts';
import type { AttributeSet, LogPlan, SpanPlan } from './plan.ts';

/** The spans by which a step shows. */
export function spansOf(step: Step): SpanPlan[] {
  switch (step.kind) {
    case 'sent':
      return sentSpans(step);
    case 'attempted':
      return step.via === 'replay' ? replaySpans(step) : attemptedSpans(step);
    default:
      return [];
  }
}

/** The log records by which a step shows: business events, records, and the errors of failed attempts. */
export function logsOf(step: Step): LogPlan[] {
  switch (step.kind) {
    case 'fact':
      return [eventLog(step)];
    case 'record':
      return [recordLog(step)];
    case 'attempted':
      return step.failure ? [errorLog(step)] : [];
    case 'sent':
      return [];
  }
}

function eventLog(step: Extract<Step, { kind: 'fact' }>): LogPlan {
  const { fact } = step;
  return {
    service: mainService[fact.system],
    eventName: fact.name,
    atMs: step.atMs,
    body: `${fact.name} ${fact.keys[0] ?? ''}`,
    severity: 'info',
    ...(fact.cause && { place: processPlace(fact.cause) }),
    attributes: {
      [attribute.businessKey]: [...fact.keys],
      [attribute.businessSystem]: fact.system,
      [attribute.businessSequence]: step.sequence,
      [attribute.businessEventTime]: new Date(step.atMs).toISOString(),
      ...fact.fields,
    },
  };
}

function recordLog(step: Extract<Step, { kind: 'record' }>): LogPlan {
  const { record } = step;
  return {
    service: mainService[record.system],
    eventName: recordSnapshotEvent,
    atMs: step.atMs,
    body: `${record.entity} ${record.id}`,
    severity: 'info',
    ...(record.cause && { place: processPlace(record.cause) }),
    attributes: {
      [attribute.businessKey]: [...record.keys],
      [attribute.businessSystem]: record.system,
      [attribute.businessVersion]: Math.floor(step.atMs),
      [attribute.businessSchema]: `${record.entity}/1`,
      ...record.fields,
    },
  };
}

function errorLog(step: Extract<Step, { kind: 'attempted' }>): LogPlan {
  const { failure, message } = step;
  const spec = flowSpec(message.flow);
  const attributes: AttributeSet = {
    'exception.type': failure?.type ?? 'Error',
    'exception.message': failure?.message ?? '',
    'exception.stacktrace': failure?.stack ?? '',
  };
  return {
    service: failure?.unreachable ? spec.sourceService : spec.targetService,
    atMs: step.atMs + step.durationMs,
    body: failure?.message ?? 'failed',
    severity: 'error',
    place: attemptPlace(step),
    attributes,
  };
}
