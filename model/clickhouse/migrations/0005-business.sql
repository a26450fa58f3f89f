CREATE TABLE IF NOT EXISTS log_facts {onCluster}
(
    Timestamp DateTime64(9),
    IngestTime DateTime64(3),
    TraceId String,
    SpanId String,
    SeverityNumber UInt8,
    ServiceName LowCardinality(String),
    LogAttributes Map(LowCardinality(String), String),
    Event String,
    Flow LowCardinality(String),
    System LowCardinality(String),
    Keys Array(String)
)
ENGINE = Null;

CREATE TABLE IF NOT EXISTS business_events {onCluster}
(
    EventTime DateTime64(6) CODEC(Delta(8), ZSTD(1)),
    EmitTime DateTime64(6) CODEC(Delta(8), ZSTD(1)),
    IngestTime DateTime64(3) CODEC(Delta(8), ZSTD(1)),
    Event LowCardinality(String) CODEC(ZSTD(1)),
    Entity LowCardinality(String) CODEC(ZSTD(1)),
    EntityId String CODEC(ZSTD(1)),
    Keys Array(String) CODEC(ZSTD(1)),
    System LowCardinality(String) CODEC(ZSTD(1)),
    Service LowCardinality(String) CODEC(ZSTD(1)),
    Sequence UInt64 CODEC(ZSTD(1)),
    TraceId String CODEC(ZSTD(1)),
    SpanId String CODEC(ZSTD(1)),
    Attributes Map(LowCardinality(String), String) CODEC(ZSTD(1))
)
ENGINE = {engine:MergeTree}
PARTITION BY toStartOfMonth(IngestTime)
ORDER BY (Entity, EntityId, EventTime)
TTL toDateTime(IngestTime) + toIntervalDay({rollupDays})
SETTINGS {rollupSettings};

CREATE TABLE IF NOT EXISTS business_keys {onCluster}
(
    Key String CODEC(ZSTD(1)),
    Time DateTime64(6) CODEC(Delta(8), ZSTD(1)),
    TraceId String CODEC(ZSTD(1)),
    SpanId String CODEC(ZSTD(1)),
    Service LowCardinality(String) CODEC(ZSTD(1)),
    System LowCardinality(String) CODEC(ZSTD(1)),
    Flow LowCardinality(String) CODEC(ZSTD(1)),
    Signal LowCardinality(String) CODEC(ZSTD(1)),
    Name LowCardinality(String) CODEC(ZSTD(1)),
    IsError UInt8 CODEC(ZSTD(1)),
    IngestTime DateTime64(3) CODEC(Delta(8), ZSTD(1)),
    INDEX key_bloom Key TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = {engine:MergeTree}
PARTITION BY toMonday(IngestTime)
ORDER BY (Key, Time)
TTL toDateTime(IngestTime) + toIntervalDay({rawDays})
SETTINGS {rawSettings};

CREATE TABLE IF NOT EXISTS key_search {onCluster}
(
    Id String CODEC(ZSTD(1)),
    Key String CODEC(ZSTD(1)),
    LastSeen SimpleAggregateFunction(max, DateTime64(6)) CODEC(ZSTD(1)),
    IngestMonth Date
)
ENGINE = {engine:AggregatingMergeTree}
PARTITION BY IngestMonth
ORDER BY (Id, Key)
TTL IngestMonth + toIntervalMonth(1) + toIntervalDay({rollupDays})
SETTINGS {rollupSettings};

CREATE TABLE IF NOT EXISTS business_key_links {onCluster}
(
    Key String CODEC(ZSTD(1)),
    Linked String CODEC(ZSTD(1)),
    FirstSeen SimpleAggregateFunction(min, DateTime64(6)) CODEC(ZSTD(1)),
    LastSeen SimpleAggregateFunction(max, DateTime64(6)) CODEC(ZSTD(1)),
    IngestMonth Date,
    INDEX key_bloom Key TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = {engine:AggregatingMergeTree}
PARTITION BY IngestMonth
ORDER BY (Key, Linked)
TTL IngestMonth + toIntervalMonth(1) + toIntervalDay({rollupDays})
SETTINGS {rollupSettings};

-- What each system believes now: neither partitioned nor aged out, so that merging keeps one row a record.
CREATE TABLE IF NOT EXISTS records {onCluster}
(
    Entity LowCardinality(String) CODEC(ZSTD(1)),
    System LowCardinality(String) CODEC(ZSTD(1)),
    EntityId String CODEC(ZSTD(1)),
    Version UInt64 CODEC(ZSTD(1)),
    Time DateTime64(6) CODEC(Delta(8), ZSTD(1)),
    IngestTime DateTime64(3) CODEC(Delta(8), ZSTD(1)),
    Deleted UInt8 CODEC(ZSTD(1)),
    Fields Map(LowCardinality(String), String) CODEC(ZSTD(1))
)
ENGINE = {engine:ReplacingMergeTree(Version)}
ORDER BY (Entity, System, EntityId)
SETTINGS {plainSettings};

CREATE TABLE IF NOT EXISTS milestones {onCluster}
(
    Process LowCardinality(String),
    Key String CODEC(ZSTD(1)),
    Milestone LowCardinality(String),
    At SimpleAggregateFunction(min, DateTime64(6)) CODEC(ZSTD(1)),
    Source SimpleAggregateFunction(min, Tuple(At DateTime64(6), System String, TraceId String, SpanId String)) CODEC(ZSTD(1)),
    Amount SimpleAggregateFunction(max, Nullable(Decimal(38, 6))) CODEC(ZSTD(1)),
    Currency SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
    IngestMonth Date
)
ENGINE = {engine:AggregatingMergeTree}
PARTITION BY IngestMonth
ORDER BY (Process, Key, Milestone)
TTL IngestMonth + toIntervalMonth(1) + toIntervalDay({rollupDays})
SETTINGS {rollupSettings};

-- The same facts by time: lists the runs of a range without touching the others.
CREATE TABLE IF NOT EXISTS milestone_times {onCluster}
(
    Process LowCardinality(String),
    At DateTime64(6) CODEC(Delta(8), ZSTD(1)),
    Key String CODEC(ZSTD(1)),
    Milestone LowCardinality(String),
    Amount Nullable(Decimal(38, 6)) CODEC(ZSTD(1)),
    Currency LowCardinality(String),
    IngestMonth Date
)
ENGINE = {engine:ReplacingMergeTree}
PARTITION BY IngestMonth
ORDER BY (Process, At, Key, Milestone)
TTL IngestMonth + toIntervalMonth(1) + toIntervalDay({rollupDays})
SETTINGS {rollupSettings};
