-- What a system believed at any instant, of the few entities whose past a KPI asks for. By record, then time: the last
-- belief before an instant is one step back.
CREATE TABLE IF NOT EXISTS record_history {onCluster}
(
    Entity LowCardinality(String) CODEC(ZSTD(1)),
    System LowCardinality(String) CODEC(ZSTD(1)),
    EntityId String CODEC(ZSTD(1)),
    Time DateTime64(6) CODEC(Delta(8), ZSTD(1)),
    Version UInt64 CODEC(ZSTD(1)),
    IngestTime DateTime64(3) CODEC(Delta(8), ZSTD(1)),
    Deleted UInt8 CODEC(ZSTD(1)),
    Fields Map(LowCardinality(String), String) CODEC(ZSTD(1))
)
ENGINE = {engine:ReplacingMergeTree(IngestTime)}
PARTITION BY toStartOfMonth(IngestTime)
ORDER BY (Entity, System, EntityId, Time, Version)
TTL toDateTime(IngestTime) + toIntervalDay({rollupDays})
SETTINGS {rollupSettings};
