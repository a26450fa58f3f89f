import { Column32, Column64, Column8, TextColumn } from './columns.ts';
import { LowCardinalityColumn } from './low-cardinality.ts';
import type { NamedColumn } from './native.ts';
import { ArrayColumn, MapColumn } from './nested-columns.ts';
import { ColumnSet, type Block } from './open-blocks.ts';

/** The columns that every metric table has. */
export class MetricColumns {
  readonly resourceAttributes: MapColumn;
  readonly resourceSchemaUrl: LowCardinalityColumn;
  readonly scopeName: LowCardinalityColumn;
  readonly scopeVersion: LowCardinalityColumn;
  readonly scopeAttributes: MapColumn;
  readonly scopeDroppedAttributes = new Column32('UInt32');
  readonly scopeSchemaUrl: LowCardinalityColumn;
  readonly serviceName: LowCardinalityColumn;
  readonly name: LowCardinalityColumn;
  readonly description: LowCardinalityColumn;
  readonly unit: LowCardinalityColumn;
  readonly attributes: MapColumn;
  readonly startTime = new Column64('DateTime64(9)');
  readonly time = new Column64('DateTime64(9)');
  readonly flags = new Column32('UInt32');
  readonly ingestTime = new Column64('DateTime64(3)');

  constructor(seed: number) {
    this.resourceAttributes = new MapColumn(seed);
    this.resourceSchemaUrl = new LowCardinalityColumn(seed);
    this.scopeName = new LowCardinalityColumn(seed);
    this.scopeVersion = new LowCardinalityColumn(seed);
    this.scopeAttributes = new MapColumn(seed);
    this.scopeSchemaUrl = new LowCardinalityColumn(seed);
    this.serviceName = new LowCardinalityColumn(seed);
    this.name = new LowCardinalityColumn(seed);
    this.description = new LowCardinalityColumn(seed);
    this.unit = new LowCardinalityColumn(seed);
    this.attributes = new MapColumn(seed);
  }

  named(): NamedColumn[] {
    return [
      { name: 'ResourceAttributes', column: this.resourceAttributes },
      { name: 'ResourceSchemaUrl', column: this.resourceSchemaUrl },
      { name: 'ScopeName', column: this.scopeName },
      { name: 'ScopeVersion', column: this.scopeVersion },
      { name: 'ScopeAttributes', column: this.scopeAttributes },
      { name: 'ScopeDroppedAttrCount', column: this.scopeDroppedAttributes },
      { name: 'ScopeSchemaUrl', column: this.scopeSchemaUrl },
      { name: 'ServiceName', column: this.serviceName },
      { name: 'MetricName', column: this.name },
      { name: 'MetricDescription', column: this.description },
      { name: 'MetricUnit', column: this.unit },
      { name: 'Attributes', column: this.attributes },
      { name: 'StartTimeUnix', column: this.startTime },
      { name: 'TimeUnix', column: this.time },
      { name: 'Flags', column: this.flags },
      { name: 'IngestTime', column: this.ingestTime },
    ];
  }

  texts(): TextColumn[] {
    return [
      this.resourceAttributes.values,
      this.scopeAttributes.values,
      this.attributes.keys.dictionary,
      this.attributes.values,
      this.name.dictionary,
      this.description.dictionary,
    ];
  }
}

/** The nested columns of exemplars. */
export class ExemplarColumns {
  readonly attributes: ArrayColumn<MapColumn>;
  readonly times = new ArrayColumn(new Column64('DateTime64(9)'));
  readonly values = new ArrayColumn(new Column64('Float64'));
  readonly spanIds = new ArrayColumn(new TextColumn());
  readonly traceIds = new ArrayColumn(new TextColumn());

  constructor(seed: number) {
    this.attributes = new ArrayColumn(new MapColumn(seed));
  }

  endRow(): void {
    this.attributes.endRow();
    this.times.endRow();
    this.values.endRow();
    this.spanIds.endRow();
    this.traceIds.endRow();
  }

  named(): NamedColumn[] {
    return [
      { name: 'Exemplars.FilteredAttributes', column: this.attributes },
      { name: 'Exemplars.TimeUnix', column: this.times },
      { name: 'Exemplars.Value', column: this.values },
      { name: 'Exemplars.SpanId', column: this.spanIds },
      { name: 'Exemplars.TraceId', column: this.traceIds },
    ];
  }

  texts(): TextColumn[] {
    return [this.attributes.inner.values, this.spanIds.inner];
  }
}

/** A block of `otel_metrics_gauge` or `otel_metrics_sum`; only the latter writes the last two columns. */
export class NumberBlock implements Block {
  readonly table: 'otel_metrics_gauge' | 'otel_metrics_sum';
  readonly common: MetricColumns;
  readonly exemplars: ExemplarColumns;
  readonly value = new Column64('Float64');
  readonly temporality = new Column32('Int32');
  readonly monotonic = new Column8('Bool');
  readonly set: ColumnSet;

  constructor(table: 'otel_metrics_gauge' | 'otel_metrics_sum', seed: number) {
    this.table = table;
    this.common = new MetricColumns(seed);
    this.exemplars = new ExemplarColumns(seed);
    const columns = [
      ...this.common.named(),
      ...this.exemplars.named(),
      { name: 'Value', column: this.value },
    ];
    if (table === 'otel_metrics_sum') {
      columns.push({ name: 'AggregationTemporality', column: this.temporality });
      columns.push({ name: 'IsMonotonic', column: this.monotonic });
    }
    this.set = new ColumnSet(columns, [...this.common.texts(), ...this.exemplars.texts()]);
  }
}

/** A block of `otel_metrics_histogram`. */
export class HistogramBlock implements Block {
  readonly table = 'otel_metrics_histogram';
  readonly common: MetricColumns;
  readonly exemplars: ExemplarColumns;
  readonly count = new Column64('UInt64');
  readonly sum = new Column64('Float64');
  readonly bucketCounts = new ArrayColumn(new Column64('UInt64'));
  readonly explicitBounds = new ArrayColumn(new Column64('Float64'));
  readonly min = new Column64('Float64');
  readonly max = new Column64('Float64');
  readonly temporality = new Column32('Int32');
  readonly set: ColumnSet;

  constructor(seed: number) {
    this.common = new MetricColumns(seed);
    this.exemplars = new ExemplarColumns(seed);
    const columns = [
      ...this.common.named(),
      ...this.exemplars.named(),
      { name: 'Count', column: this.count },
      { name: 'Sum', column: this.sum },
      { name: 'BucketCounts', column: this.bucketCounts },
      { name: 'ExplicitBounds', column: this.explicitBounds },
      { name: 'Min', column: this.min },
      { name: 'Max', column: this.max },
      { name: 'AggregationTemporality', column: this.temporality },
    ];
    this.set = new ColumnSet(columns, [...this.common.texts(), ...this.exemplars.texts()]);
  }
}

/** A block of `otel_metrics_exponential_histogram`. */
export class ExponentialHistogramBlock implements Block {
  readonly table = 'otel_metrics_exponential_histogram';
  readonly common: MetricColumns;
  readonly exemplars: ExemplarColumns;
  readonly count = new Column64('UInt64');
  readonly sum = new Column64('Float64');
  readonly scale = new Column32('Int32');
  readonly zeroCount = new Column64('UInt64');
  readonly positiveOffset = new Column32('Int32');
  readonly positiveCounts = new ArrayColumn(new Column64('UInt64'));
  readonly negativeOffset = new Column32('Int32');
  readonly negativeCounts = new ArrayColumn(new Column64('UInt64'));
  readonly min = new Column64('Float64');
  readonly max = new Column64('Float64');
  readonly temporality = new Column32('Int32');
  readonly set: ColumnSet;

  constructor(seed: number) {
    this.common = new MetricColumns(seed);
    this.exemplars = new ExemplarColumns(seed);
    const columns = [
      ...this.common.named(),
      ...this.exemplars.named(),
      { name: 'Count', column: this.count },
      { name: 'Sum', column: this.sum },
      { name: 'Scale', column: this.scale },
      { name: 'ZeroCount', column: this.zeroCount },
      { name: 'PositiveOffset', column: this.positiveOffset },
      { name: 'PositiveBucketCounts', column: this.positiveCounts },
      { name: 'NegativeOffset', column: this.negativeOffset },
      { name: 'NegativeBucketCounts', column: this.negativeCounts },
      { name: 'Min', column: this.min },
      { name: 'Max', column: this.max },
      { name: 'AggregationTemporality', column: this.temporality },
    ];
    this.set = new ColumnSet(columns, [...this.common.texts(), ...this.exemplars.texts()]);
  }
}

/** A block of `otel_metrics_summary`. */
export class SummaryBlock implements Block {
  readonly table = 'otel_metrics_summary';
  readonly common: MetricColumns;
  readonly count = new Column64('UInt64');
  readonly sum = new Column64('Float64');
  readonly quantiles = new ArrayColumn(new Column64('Float64'));
  readonly quantileValues = new ArrayColumn(new Column64('Float64'));
  readonly set: ColumnSet;

  constructor(seed: number) {
    this.common = new MetricColumns(seed);
    const columns = [
      ...this.common.named(),
      { name: 'Count', column: this.count },
      { name: 'Sum', column: this.sum },
      { name: 'ValueAtQuantiles.Quantile', column: this.quantiles },
      { name: 'ValueAtQuantiles.Value', column: this.quantileValues },
    ];
    this.set = new ColumnSet(columns, this.common.texts());
  }
}
