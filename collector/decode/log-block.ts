import { Column64, Column8, TextColumn } from './columns.ts';
import { LowCardinalityColumn } from './low-cardinality.ts';
import { MapColumn } from './nested-columns.ts';
import { ColumnSet, type Block } from './open-blocks.ts';

/** A block of `otel_logs`. */
export class LogBlock implements Block {
  readonly table = 'otel_logs';
  readonly timestamp = new Column64('DateTime64(9)');
  readonly traceId = new TextColumn();
  readonly spanId = new TextColumn();
  readonly traceFlags = new Column8('UInt8');
  readonly severityText: LowCardinalityColumn;
  readonly severityNumber = new Column8('UInt8');
  readonly serviceName: LowCardinalityColumn;
  readonly body = new TextColumn();
  readonly resourceSchemaUrl: LowCardinalityColumn;
  readonly resourceAttributes: MapColumn;
  readonly scopeSchemaUrl: LowCardinalityColumn;
  readonly scopeName: LowCardinalityColumn;
  readonly scopeVersion: LowCardinalityColumn;
  readonly scopeAttributes: MapColumn;
  readonly logAttributes: MapColumn;
  readonly eventName = new TextColumn();
  readonly ingestTime = new Column64('DateTime64(3)');
  readonly set: ColumnSet;

  constructor(seed: number) {
    this.severityText = new LowCardinalityColumn(seed);
    this.serviceName = new LowCardinalityColumn(seed);
    this.scopeName = new LowCardinalityColumn(seed);
    this.resourceSchemaUrl = new LowCardinalityColumn(seed);
    this.resourceAttributes = new MapColumn(seed);
    this.scopeSchemaUrl = new LowCardinalityColumn(seed);
    this.scopeVersion = new LowCardinalityColumn(seed);
    this.scopeAttributes = new MapColumn(seed);
    this.logAttributes = new MapColumn(seed);
    this.set = new ColumnSet(this.named(), this.texts());
  }

  private named() {
    return [
      { name: 'Timestamp', column: this.timestamp },
      { name: 'TraceId', column: this.traceId },
      { name: 'SpanId', column: this.spanId },
      { name: 'TraceFlags', column: this.traceFlags },
      { name: 'SeverityText', column: this.severityText },
      { name: 'SeverityNumber', column: this.severityNumber },
      { name: 'ServiceName', column: this.serviceName },
      { name: 'Body', column: this.body },
      { name: 'ResourceSchemaUrl', column: this.resourceSchemaUrl },
      { name: 'ResourceAttributes', column: this.resourceAttributes },
      { name: 'ScopeSchemaUrl', column: this.scopeSchemaUrl },
      { name: 'ScopeName', column: this.scopeName },
      { name: 'ScopeVersion', column: this.scopeVersion },
      { name: 'ScopeAttributes', column: this.scopeAttributes },
      { name: 'LogAttributes', column: this.logAttributes },
      { name: 'EventName', column: this.eventName },
      { name: 'IngestTime', column: this.ingestTime },
    ];
  }

  private texts(): TextColumn[] {
    return [
      this.severityText.dictionary,
      this.body,
      this.resourceAttributes.values,
      this.scopeName.dictionary,
      this.scopeAttributes.values,
      this.logAttributes.keys.dictionary,
      this.logAttributes.values,
      this.eventName,
    ];
  }
}
