import { Column64, TextColumn } from './columns.ts';
import { LowCardinalityColumn } from './low-cardinality.ts';
import { ArrayColumn, MapColumn } from './nested-columns.ts';
import { ColumnSet, type Block } from './open-blocks.ts';

/** A block of `otel_traces`. */
export class TraceBlock implements Block {
  readonly table = 'otel_traces';
  readonly timestamp = new Column64('DateTime64(9)');
  readonly traceId = new TextColumn();
  readonly spanId = new TextColumn();
  readonly parentSpanId = new TextColumn();
  readonly traceState = new TextColumn();
  readonly spanName: LowCardinalityColumn;
  readonly spanKind: LowCardinalityColumn;
  readonly serviceName: LowCardinalityColumn;
  readonly resourceAttributes: MapColumn;
  readonly scopeName: LowCardinalityColumn;
  readonly scopeVersion: LowCardinalityColumn;
  readonly spanAttributes: MapColumn;
  readonly duration = new Column64('UInt64');
  readonly statusCode: LowCardinalityColumn;
  readonly statusMessage = new TextColumn();
  readonly eventTimes = new ArrayColumn(new Column64('DateTime64(9)'));
  readonly eventNames: ArrayColumn<LowCardinalityColumn>;
  readonly eventAttributes: ArrayColumn<MapColumn>;
  readonly linkTraceIds = new ArrayColumn(new TextColumn());
  readonly linkSpanIds = new ArrayColumn(new TextColumn());
  readonly linkTraceStates = new ArrayColumn(new TextColumn());
  readonly linkAttributes: ArrayColumn<MapColumn>;
  readonly ingestTime = new Column64('DateTime64(3)');
  readonly set: ColumnSet;

  constructor(seed: number) {
    this.spanName = new LowCardinalityColumn(seed);
    this.spanKind = new LowCardinalityColumn(seed);
    this.serviceName = new LowCardinalityColumn(seed);
    this.scopeName = new LowCardinalityColumn(seed);
    this.scopeVersion = new LowCardinalityColumn(seed);
    this.resourceAttributes = new MapColumn(seed);
    this.spanAttributes = new MapColumn(seed);
    this.statusCode = new LowCardinalityColumn(seed);
    this.eventNames = new ArrayColumn(new LowCardinalityColumn(seed));
    this.eventAttributes = new ArrayColumn(new MapColumn(seed));
    this.linkAttributes = new ArrayColumn(new MapColumn(seed));
    this.set = new ColumnSet(this.named(), this.texts());
  }

  private named() {
    return [
      { name: 'Timestamp', column: this.timestamp },
      { name: 'TraceId', column: this.traceId },
      { name: 'SpanId', column: this.spanId },
      { name: 'ParentSpanId', column: this.parentSpanId },
      { name: 'TraceState', column: this.traceState },
      { name: 'SpanName', column: this.spanName },
      { name: 'SpanKind', column: this.spanKind },
      { name: 'ServiceName', column: this.serviceName },
      { name: 'ResourceAttributes', column: this.resourceAttributes },
      { name: 'ScopeName', column: this.scopeName },
      { name: 'ScopeVersion', column: this.scopeVersion },
      { name: 'SpanAttributes', column: this.spanAttributes },
      { name: 'Duration', column: this.duration },
      { name: 'StatusCode', column: this.statusCode },
      { name: 'StatusMessage', column: this.statusMessage },
      { name: 'Events.Timestamp', column: this.eventTimes },
      { name: 'Events.Name', column: this.eventNames },
      { name: 'Events.Attributes', column: this.eventAttributes },
      { name: 'Links.TraceId', column: this.linkTraceIds },
      { name: 'Links.SpanId', column: this.linkSpanIds },
      { name: 'Links.TraceState', column: this.linkTraceStates },
      { name: 'Links.Attributes', column: this.linkAttributes },
      { name: 'IngestTime', column: this.ingestTime },
    ];
  }

  private texts(): TextColumn[] {
    return [
      this.traceState,
      this.spanName.dictionary,
      this.resourceAttributes.values,
      this.scopeName.dictionary,
      this.scopeVersion.dictionary,
      this.spanAttributes.keys.dictionary,
      this.spanAttributes.values,
      this.statusMessage,
      this.eventNames.inner.dictionary,
      this.eventAttributes.inner.values,
      this.linkTraceIds.inner,
      this.linkTraceStates.inner,
      this.linkAttributes.inner.values,
    ];
  }
}
