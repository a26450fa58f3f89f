-- Changes of more dead letters than one statement should hold. Each is worked off in parts: its row is locked while a part is
-- changed and moves on in the same transaction, so a part is done once, by whichever process.
CREATE TABLE dead_letter_bulks (
  id           uuid PRIMARY KEY,
  seq          bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  state        text NOT NULL CHECK (state IN ('running', 'done', 'cancelled', 'failed')),
  actor_kind   text NOT NULL,
  actor_id     text NOT NULL,
  actor_name   text NOT NULL,
  request_id   text NOT NULL,
  -- What was asked for, as the API was told, and what sleeps or is late as of then.
  filter       jsonb NOT NULL,
  action       jsonb NOT NULL,
  requested_at timestamptz NOT NULL,
  -- The newest letter there was; what died later is not meant.
  upper_seq    bigint NOT NULL,
  -- Everything up to this letter is done.
  cursor_seq   bigint NOT NULL DEFAULT 0,
  -- How many the filter named at the request.
  letters      integer NOT NULL,
  changed      integer NOT NULL DEFAULT 0,
  skipped      integer NOT NULL DEFAULT 0,
  -- Parts in a row that failed, and why the last did.
  failures     integer NOT NULL DEFAULT 0,
  error        text,
  worked_at    timestamptz,
  ended_at     timestamptz
);
CREATE INDEX dead_letter_bulks_running ON dead_letter_bulks (worked_at NULLS FIRST, seq) WHERE state = 'running';
