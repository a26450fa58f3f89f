import { SharedText, type LowCardinalityColumn } from './low-cardinality.ts';
import { SharedMap } from './nested-columns.ts';
import type { Block } from './open-blocks.ts';
import { Word64 } from './row-fields.ts';

export type RejectReason = 'too_old' | 'too_new' | 'bad_id';

/** The time window in which items are accepted, and when this request came in. */
export interface TimeWindow {
  readonly oldestNs: number;
  readonly newestNs: number;
  readonly ingestMs: number;
}

/** What became of the items of one request. */
export interface RequestOutcome {
  received: number;
  accepted: number;
  readonly rejected: Map<RejectReason, number>;
}

const unknownService = Buffer.from('unknown_service', 'latin1');
const serviceNameKey = Buffer.from('service.name', 'latin1');

/** State of one request while it is decoded: what its rows share, the time window and the tally. */
export class RequestContext {
  readonly window: TimeWindow;
  readonly ingest = new Word64();
  readonly outcome: RequestOutcome = { received: 0, accepted: 0, rejected: new Map() };
  readonly resource = new SharedMap();
  readonly service = new SharedText();
  readonly resourceSchemaUrl = new SharedText();
  readonly scope = new SharedMap();
  readonly scopeName = new SharedText();
  readonly scopeVersion = new SharedText();
  readonly scopeSchemaUrl = new SharedText();
  scopeDroppedAttributes = 0;

  constructor(window: TimeWindow) {
    this.window = window;
    this.ingest.setBigInt(BigInt(window.ingestMs));
  }

  startResource(): void {
    this.resource.clear();
    this.service.set(unknownService, 0, unknownService.length);
    this.resourceSchemaUrl.clear();
  }

  startScope(): void {
    this.scope.clear();
    this.scopeName.clear();
    this.scopeVersion.clear();
    this.scopeSchemaUrl.clear();
    this.scopeDroppedAttributes = 0;
  }

  /**
   * Looks at each resource attribute in passing for the service's name. `valueAt` is where its value, a varint
   * length and the text, begins in the shared map's values.
   */
  noteResourceAttribute(source: Buffer, from: number, to: number, valueAt: number): void {
    if (to - from !== serviceNameKey.length) return;
    if (source.compare(serviceNameKey, 0, serviceNameKey.length, from, to) !== 0) return;
    const values = this.resource.values;
    let at = valueAt;
    while ((values.bytes[at] as number) > 127) at++;
    if (at + 1 < values.length) this.service.set(values.bytes, at + 1, values.length);
  }

  /** Tells whether a time is acceptable, and counts the item as rejected when it is not. */
  inWindow(time: Word64): boolean {
    const ns = time.approximate;
    if (ns < this.window.oldestNs) return this.reject('too_old');
    if (ns > this.window.newestNs) return this.reject('too_new');
    return true;
  }

  reject(reason: RejectReason): false {
    this.outcome.rejected.set(reason, (this.outcome.rejected.get(reason) ?? 0) + 1);
    return false;
  }

  appendService(column: LowCardinalityColumn, block: Block): void {
    this.service.appendTo(column, block.set.use);
  }
}
