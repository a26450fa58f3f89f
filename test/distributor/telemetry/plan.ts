import { hexId } from '../business/random.ts';
import type { Place } from '../business/types.ts';

export type AttributeValue = string | number | boolean | string[];
export type AttributeSet = Record<string, AttributeValue>;
export type Kind = 'client' | 'server' | 'producer' | 'consumer';

/** One span to be made through the SDK. */
export interface SpanPlan {
  readonly service: string;
  readonly name: string;
  readonly kind: Kind;
  readonly place: Place;
  readonly parent?: Place;
  readonly link?: Place;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: AttributeSet;
  readonly error?: { readonly type: string; readonly message: string; readonly stack: string };
}

/** One log record to be made through the SDK. */
export interface LogPlan {
  readonly service: string;
  readonly eventName?: string;
  readonly atMs: number;
  readonly body: string;
  readonly severity: 'info' | 'error';
  readonly place?: Place;
  readonly attributes: AttributeSet;
}

/** The place of a span from the names of its trace and of itself: any step can refer to any other without having seen it. */
export function placeOf(trace: string, span: string): Place {
  return { traceId: hexId(trace, 32), spanId: hexId(span, 16) };
}
