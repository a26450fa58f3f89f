-- Runs of probes by name and time, out of the spans that tell of them.
CREATE TABLE IF NOT EXISTS probe_runs {onCluster}
(
    Probe LowCardinality(String) CODEC(ZSTD(1)),
    Time DateTime64(6) CODEC(Delta(8), ZSTD(1)),
    Outcome LowCardinality(String) CODEC(ZSTD(1)),
    DurationNs UInt64 CODEC(ZSTD(1)),
    FailedCondition String CODEC(ZSTD(1)),
    Why String CODEC(ZSTD(1)),
    Measures Map(LowCardinality(String), Float64) CODEC(ZSTD(1)),
    TraceId String CODEC(ZSTD(1)),
    IngestTime DateTime64(3) CODEC(Delta(8), ZSTD(1))
)
ENGINE = {engine:MergeTree}
PARTITION BY toMonday(IngestTime)
ORDER BY (Probe, Time)
TTL toDateTime(IngestTime) + toIntervalDay({rawDays})
SETTINGS {rawSettings};
