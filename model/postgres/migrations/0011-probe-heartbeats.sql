-- When each heartbeat probe was last beaten. One row a probe; whoever runs probes reads it.
CREATE TABLE probe_heartbeats (
  probe text PRIMARY KEY CHECK (probe ~ '^[a-z][a-z0-9-]{0,62}$'),
  beaten_at timestamptz NOT NULL
);
