-- Every derived table is partitioned by the time of ingestion, never by the time of the fact: a back-fill of
-- three years, or one sender with a broken clock, still writes one partition an insert.
CREATE TABLE IF NOT EXISTS span_facts {onCluster}
(
    Timestamp DateTime64(9),
    IngestTime DateTime64(3),
    TraceId String,
    SpanId String,
    SpanName LowCardinality(String),
    SpanKind LowCardinality(String),
    ServiceName LowCardinality(String),
    SpanAttributes Map(LowCardinality(String), String),
    Duration UInt64,
    StatusCode LowCardinality(String),
    StatusMessage String,
    EventNames Array(LowCardinality(String)),
    EventAttributes Array(Map(LowCardinality(String), String)),
    Flow LowCardinality(String),
    System LowCardinality(String),
    Keys Array(String)
)
ENGINE = Null;

CREATE TABLE IF NOT EXISTS messages {onCluster}
(
    Flow LowCardinality(String) CODEC(ZSTD(1)),
    Time DateTime64(6) CODEC(Delta(8), ZSTD(1)),
    Operation LowCardinality(String) CODEC(ZSTD(1)),
    MessageId String CODEC(ZSTD(1)),
    Attempt UInt16 CODEC(ZSTD(1)),
    Outcome LowCardinality(String) CODEC(ZSTD(1)),
    DurationNs UInt64 CODEC(ZSTD(1)),
    DelayNs Nullable(UInt64) CODEC(ZSTD(1)),
    ErrorType LowCardinality(String) CODEC(ZSTD(1)),
    ErrorMessage String CODEC(ZSTD(1)),
    Cause String CODEC(ZSTD(1)),
    TraceId String CODEC(ZSTD(1)),
    SpanId String CODEC(ZSTD(1)),
    Service LowCardinality(String) CODEC(ZSTD(1)),
    SpanKind LowCardinality(String) CODEC(ZSTD(1)),
    Destination LowCardinality(String) CODEC(ZSTD(1)),
    BodyBytes UInt32 CODEC(ZSTD(1)),
    Keys Array(String) CODEC(ZSTD(1)),
    IngestTime DateTime64(3) CODEC(Delta(8), ZSTD(1))
)
ENGINE = {engine:MergeTree}
PARTITION BY toDate(IngestTime)
ORDER BY (Flow, Time)
TTL toDateTime(IngestTime) + toIntervalDay({rawDays})
SETTINGS {rawSettings};

CREATE TABLE IF NOT EXISTS flow_minute {onCluster}
(
    Flow LowCardinality(String),
    Minute DateTime CODEC(Delta(4), ZSTD(1)),
    Operation LowCardinality(String),
    Total SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
    Failed SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
    Retried SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
    DeadLettered SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
    Discarded SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
    Bytes SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
    LastTime SimpleAggregateFunction(max, DateTime64(6)) CODEC(ZSTD(1)),
    Attempts SimpleAggregateFunction(sumMap, Map(UInt16, UInt64)) CODEC(ZSTD(1)),
    DurationMs AggregateFunction(quantilesDD(0.01, 0.5, 0.95, 0.99), Float64) CODEC(ZSTD(1)),
    DelayMs AggregateFunction(quantilesDD(0.01, 0.5, 0.95, 0.99), Nullable(Float64)) CODEC(ZSTD(1)),
    IngestMonth Date
)
ENGINE = {engine:AggregatingMergeTree}
PARTITION BY IngestMonth
ORDER BY (Flow, Minute, Operation)
TTL IngestMonth + toIntervalMonth(1) + toIntervalDay({rollupDays})
SETTINGS {rollupSettings};

CREATE TABLE IF NOT EXISTS cause_hour {onCluster}
(
    Flow LowCardinality(String),
    Hour DateTime CODEC(Delta(4), ZSTD(1)),
    Operation LowCardinality(String),
    Cause String CODEC(ZSTD(1)),
    ErrorType LowCardinality(String),
    Outcome LowCardinality(String),
    Count SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
    FirstTime SimpleAggregateFunction(min, DateTime64(6)) CODEC(ZSTD(1)),
    LastTime SimpleAggregateFunction(max, DateTime64(6)) CODEC(ZSTD(1)),
    Example SimpleAggregateFunction(max, Tuple(Time DateTime64(6), TraceId String, SpanId String, Message String)) CODEC(ZSTD(1)),
    IngestMonth Date
)
ENGINE = {engine:AggregatingMergeTree}
PARTITION BY IngestMonth
ORDER BY (Flow, Hour, Operation, Cause, ErrorType, Outcome)
TTL IngestMonth + toIntervalMonth(1) + toIntervalDay({rollupDays})
SETTINGS {rollupSettings};
