-- One row for each message that a flow gave up on. It is narrow on purpose: lists, groups and manifests of hundreds of
-- thousands read this table alone; bodies lie in dead_letter_payloads.
CREATE TABLE dead_letters (
  id            uuid PRIMARY KEY,
  -- Order of intake; pages and manifests follow it.
  seq           bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  flow          text NOT NULL,
  -- Id by which its consumer knows it; `arrival:…` for a message without one.
  message_id    text NOT NULL,
  state         text NOT NULL CHECK (state IN ('open', 'acknowledged', 'replaying', 'resolved', 'ignored', 'quarantined')),
  -- Error type and first own frame, or status and code, without ids and numbers.
  cause         text NOT NULL,
  error_type    text NOT NULL,
  error_message text NOT NULL,
  failed_at     timestamptz NOT NULL,
  arrived_at    timestamptz NOT NULL,
  -- SHA-256 of body, key and headers.
  payload_hash  bytea NOT NULL,
  body_bytes    integer NOT NULL,
  -- Business keys, the one that orders replays first.
  keys          text[] NOT NULL,
  -- Grows with every change of the first key; NULL: the flow does not say.
  version       bigint,
  value         numeric,
  currency      text,
  trace_id      text NOT NULL,
  span_id       text NOT NULL,
  -- How often it was replayed.
  generation    integer NOT NULL DEFAULT 0,
  -- Counts up with every change of the row: what a person saw is what a person changes.
  revision      integer NOT NULL DEFAULT 1,
  assignee      uuid REFERENCES people ON DELETE SET NULL,
  tags          text[] NOT NULL DEFAULT '{}',
  snoozed_until timestamptz,
  -- The replay that holds it while its state is `replaying`.
  replay_id     uuid,
  settled_at    timestamptz,
  -- Why it is resolved, ignored or quarantined, in one sentence.
  settled_why   text,
  archived_at   timestamptz
);
-- One message with one payload dies once; what comes back after a replay is an attempt of it.
CREATE UNIQUE INDEX dead_letters_message ON dead_letters (flow, message_id, payload_hash);
CREATE INDEX dead_letters_flow ON dead_letters (flow, state, seq);
CREATE INDEX dead_letters_cause ON dead_letters (flow, cause, state, seq);
CREATE INDEX dead_letters_keys ON dead_letters USING gin (keys);
CREATE INDEX dead_letters_state ON dead_letters (state, seq);

-- Byte for byte what the transport delivered.
CREATE TABLE dead_letter_payloads (
  dead_letter_id uuid PRIMARY KEY REFERENCES dead_letters ON DELETE CASCADE,
  body           bytea NOT NULL,
  -- True: there was no body at all (a Kafka tombstone), which is not the same as an empty one.
  body_absent    boolean NOT NULL DEFAULT false,
  -- Names and values in their order, duplicates too; encoded by control-plane/dead-letters/headers.ts.
  headers        bytea NOT NULL,
  key            bytea,
  partition      integer,
  content_type   text,
  destination    text,
  -- Words of headers and body after masking.
  words          tsvector NOT NULL
);
CREATE INDEX dead_letter_payloads_words ON dead_letter_payloads USING gin (words);

-- Every death of a message: the first, and one for each replay that failed.
CREATE TABLE dead_letter_attempts (
  dead_letter_id uuid NOT NULL REFERENCES dead_letters ON DELETE CASCADE,
  -- Where it was taken in, and the transport's name for this one arrival: seen twice, stored once.
  source         text NOT NULL,
  arrival_id     text NOT NULL,
  generation     integer NOT NULL,
  at             timestamptz NOT NULL,
  error_type     text NOT NULL,
  error_message  text NOT NULL,
  stack          text NOT NULL,
  reason         text,
  deliveries     integer,
  trace_id       text NOT NULL,
  span_id        text NOT NULL,
  replay_id      uuid,
  PRIMARY KEY (source, arrival_id)
);
CREATE INDEX dead_letter_attempts_letter ON dead_letter_attempts (dead_letter_id, at);

-- What people wrote of a cause or of one message. A note on a cause outlives every retry.
CREATE TABLE dead_letter_notes (
  id             uuid PRIMARY KEY,
  flow           text NOT NULL,
  cause          text,
  dead_letter_id uuid REFERENCES dead_letters ON DELETE CASCADE,
  at             timestamptz NOT NULL,
  author_name    text NOT NULL,
  text           text NOT NULL,
  CHECK ((cause IS NULL) <> (dead_letter_id IS NULL))
);
CREATE INDEX dead_letter_notes_cause ON dead_letter_notes (flow, cause, at);
CREATE INDEX dead_letter_notes_letter ON dead_letter_notes (dead_letter_id, at);

-- The queues that are tailed, as they are now. Several processes may tail one: whatever is delivered twice is stored once.
CREATE TABLE dead_letter_sources (
  flow            text PRIMARY KEY,
  connection      text NOT NULL,
  destination     text NOT NULL,
  state           text NOT NULL CHECK (state IN ('connected', 'disconnected', 'refused', 'waiting')),
  sentence        text NOT NULL,
  since           timestamptz NOT NULL,
  last_arrival_at timestamptz
);
