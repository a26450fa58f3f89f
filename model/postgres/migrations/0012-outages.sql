-- What the watch over the newest messages of each objective remembers between looks.
CREATE TABLE outage_states (
  name text PRIMARY KEY,
  state jsonb NOT NULL,
  looked_at timestamptz NOT NULL
);
