-- Sends that failed before the target could know of them: nobody but the sender tells of these.
ALTER TABLE messages {onCluster} ADD COLUMN IF NOT EXISTS Unreached UInt8 CODEC(ZSTD(1));
ALTER TABLE flow_minute {onCluster} ADD COLUMN IF NOT EXISTS Unreached SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1));
ALTER TABLE flow_hour {onCluster} ADD COLUMN IF NOT EXISTS Unreached SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1));
