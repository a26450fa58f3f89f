-- Merging a sketch of every minute of a week takes over a second for all flows together; of every hour, a few milliseconds.
CREATE TABLE IF NOT EXISTS flow_hour {onCluster}
(
    Flow LowCardinality(String),
    Hour DateTime CODEC(Delta(4), ZSTD(1)),
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
ORDER BY (Flow, Hour, Operation)
TTL IngestMonth + toIntervalMonth(1) + toIntervalDay({rollupDays})
SETTINGS {rollupSettings};

-- What differs from message to message of a batch stands on the links of its one span.
ALTER TABLE span_facts {onCluster} ADD COLUMN IF NOT EXISTS LinkAttributes Array(Map(LowCardinality(String), String));
