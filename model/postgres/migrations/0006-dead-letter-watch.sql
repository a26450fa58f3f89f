-- Settled out of quarantine: opening it again leads back there, and engineers alone release it.
ALTER TABLE dead_letters ADD COLUMN held_back boolean NOT NULL DEFAULT false;

-- How far each flow's waiting letters were held against telemetry; NULL: the next look begins at the newest.
CREATE TABLE dead_letter_watches (
  flow       text PRIMARY KEY,
  before_seq bigint,
  looked_at  timestamptz NOT NULL
);

-- Retention finds what was settled long ago without reading what was settled today.
CREATE INDEX dead_letters_settled ON dead_letters (settled_at) WHERE state IN ('resolved', 'ignored');
