-- Work that one process at a time may do. Whoever takes a lease from another gets a new epoch, by which writes of the
-- former holder are refused.
CREATE TABLE job_leases (
  name text PRIMARY KEY,
  owner uuid NOT NULL,
  epoch bigint NOT NULL,
  lease_until timestamptz NOT NULL
);

-- What objectives remember between evaluations, and what the last one found.
CREATE TABLE objective_states (
  name text PRIMARY KEY,
  state jsonb NOT NULL,
  explanation jsonb NOT NULL,
  -- Minutes since the epoch.
  created_minute bigint NOT NULL,
  evaluated_at timestamptz NOT NULL
);
