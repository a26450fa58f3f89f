import { attribute } from '@plumbline/model/telemetry/attributes.ts';
import { flowSpec } from '../business/flows.ts';
import type { Step } from '../business/types.ts';
import { attemptPlace } from './message-spans.ts';
import type { SpanPlan } from './plan.ts';

type Attempted = Extract<Step, { kind: 'attempted' }>;

/**
 * The span of a target that took a message which somebody other than its sender handed in over HTTP. The inbox is one
 * program for all targets, so it speaks our words even where the target itself says only what the standard says.
 */
export function replaySpans(step: Attempted): SpanPlan[] {
  const { message, failure, origin } = step;
  const spec = flowSpec(message.flow);
  const route = `/inbox/${message.flow}`;
  const place = attemptPlace(step);
  return [
    {
      service: spec.targetService,
      name: `POST ${route}`,
      kind: 'server',
      place,
      ...(origin && (origin.traceId === place.traceId ? { parent: origin } : { link: origin })),
      startMs: step.atMs,
      endMs: step.atMs + step.durationMs,
      attributes: {
        'http.request.method': 'POST',
        'http.route': route,
        'url.scheme': 'https',
        'url.path': route,
        'http.response.status_code': failure ? (failure.status ?? 500) : 200,
        'messaging.message.id': message.id,
        ...(message.original && { 'messaging.message.conversation_id': message.original }),
        [attribute.flow]: spec.name,
        [attribute.businessKey]: [...message.keys],
        [attribute.attempt]: step.attempt,
        [attribute.outcome]: step.outcome,
        [attribute.sentAt]: Math.round(step.sentAtMs),
      },
      ...(failure && { error: { type: failure.type, message: failure.message, stack: failure.stack } }),
    },
  ];
}
