CREATE TABLE IF NOT EXISTS trace_index {onCluster}
(
    TraceId String CODEC(ZSTD(1)),
    Start SimpleAggregateFunction(min, DateTime64(9)) CODEC(ZSTD(1)),
    End SimpleAggregateFunction(max, DateTime64(9)) CODEC(ZSTD(1)),
    Spans SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
    Errors SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
    Name SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
    Services SimpleAggregateFunction(groupUniqArrayArray, Array(String)) CODEC(ZSTD(1)),
    IngestWeek Date,
    INDEX trace_id_bloom TraceId TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = {engine:AggregatingMergeTree}
PARTITION BY IngestWeek
ORDER BY TraceId
TTL IngestWeek + toIntervalDay(7) + toIntervalDay({rawDays})
SETTINGS {rawSettings};

CREATE TABLE IF NOT EXISTS span_links {onCluster}
(
    LinkedTraceId String CODEC(ZSTD(1)),
    LinkedSpanId String CODEC(ZSTD(1)),
    TraceId String CODEC(ZSTD(1)),
    SpanId String CODEC(ZSTD(1)),
    Time DateTime64(6) CODEC(Delta(8), ZSTD(1)),
    IngestTime DateTime64(3) CODEC(Delta(8), ZSTD(1)),
    INDEX linked_bloom LinkedTraceId TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = {engine:MergeTree}
PARTITION BY toMonday(IngestTime)
ORDER BY (LinkedTraceId, LinkedSpanId)
TTL toDateTime(IngestTime) + toIntervalDay({rawDays})
SETTINGS {rawSettings};

CREATE TABLE IF NOT EXISTS service_seen {onCluster}
(
    Service LowCardinality(String),
    Minute DateTime CODEC(Delta(4), ZSTD(1)),
    FirstSeen SimpleAggregateFunction(min, DateTime64(6)) CODEC(ZSTD(1)),
    LastSeen SimpleAggregateFunction(max, DateTime64(6)) CODEC(ZSTD(1)),
    LastIngest SimpleAggregateFunction(max, DateTime64(3)) CODEC(ZSTD(1)),
    Spans SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
    Errors SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
    Logs SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
    SkewMs AggregateFunction(quantilesDD(0.01, 0.5, 0.95, 0.99), Float64) CODEC(ZSTD(1)),
    IngestMonth Date
)
ENGINE = {engine:AggregatingMergeTree}
PARTITION BY IngestMonth
ORDER BY (Service, Minute)
TTL IngestMonth + toIntervalMonth(1) + toIntervalDay({rollupDays})
SETTINGS {rollupSettings};
