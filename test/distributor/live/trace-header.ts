import { placeOf } from '../telemetry/plan.ts';
import type { Message } from '../business/types.ts';

/** W3C trace context of the span in which a message is sent, for the header that travels with it. */
export function traceparentOf(message: Message, spanName: string): string {
  const { traceId, spanId } = placeOf(message.trace, spanName);
  return `00-${traceId}-${spanId}-01`;
}
