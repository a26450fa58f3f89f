-- A frozen, approved, paced and proven re-delivery of dead letters of one flow.
CREATE TABLE replays (
  id              uuid PRIMARY KEY,
  seq             bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  flow            text NOT NULL,
  state           text NOT NULL CHECK (state IN
                    ('previewed', 'awaiting_approval', 'scheduled', 'running', 'paused', 'halted', 'finished', 'cancelled', 'rejected')),
  reason          text NOT NULL,
  -- What was asked for, kept for the record: the manifest alone decides.
  filter          jsonb NOT NULL,
  items           integer NOT NULL,
  manifest_hash   bytea NOT NULL,
  connection      text NOT NULL,
  destination     text NOT NULL,
  -- JSON Patch (RFC 6902) for every body; NULL: as they are.
  patch           jsonb,
  per_second      double precision NOT NULL,
  stages          integer[] NOT NULL,
  halt_ratio      double precision NOT NULL,
  serial          boolean NOT NULL,
  -- From the flow's policy when it was frozen.
  confirm_within_ms bigint NOT NULL,
  max_generations integer NOT NULL,
  -- What is overridden, with the reason: newer versions, quarantine.
  force           jsonb NOT NULL DEFAULT '{}',
  -- What the preview found, as it was shown to those who decided.
  preview         jsonb NOT NULL,
  -- SHA-256 over manifest, target, edits and pace: an approval is of this, and of nothing else.
  approval_hash   bytea NOT NULL,
  needs_approval  boolean NOT NULL,
  requested_by    text NOT NULL,
  requested_name  text NOT NULL,
  -- The person behind the request, also when a token of theirs asked: nobody approves what they asked for.
  requested_principal text NOT NULL,
  requested_at    timestamptz NOT NULL,
  decided_by      text,
  decided_name    text,
  decided_at      timestamptz,
  approved_hash   bytea,
  scheduled_for   timestamptz,
  started_at      timestamptz,
  finished_at     timestamptz,
  -- Messages of the stages that are through; the stage under way is the next.
  stage           integer NOT NULL DEFAULT 0,
  halted_why      text,
  -- Counts up with every change by a person.
  revision        integer NOT NULL DEFAULT 1,
  -- Who works on it; every write of the work names the epoch, so that a paused worker cannot write after another took over.
  epoch           bigint NOT NULL DEFAULT 0,
  lease_owner     text,
  lease_until     timestamptz
);
CREATE INDEX replays_state ON replays (state, seq);
CREATE INDEX replays_flow ON replays (flow, seq);

-- The manifest, a thousand messages a row, so that freezing a quarter of a million takes a moment. Never changed.
CREATE TABLE replay_manifests (
  replay_id      uuid NOT NULL REFERENCES replays ON DELETE CASCADE,
  chunk          integer NOT NULL,
  dead_letters   uuid[] NOT NULL,
  payload_hashes bytea[] NOT NULL,
  PRIMARY KEY (replay_id, chunk)
);
-- Ids and hashes do not compress; trying takes most of the time of freezing.
ALTER TABLE replay_manifests ALTER COLUMN dead_letters SET STORAGE EXTERNAL;
ALTER TABLE replay_manifests ALTER COLUMN payload_hashes SET STORAGE EXTERNAL;
CREATE FUNCTION refuse_change_of_manifest() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the manifest of a replay is frozen';
END
$$;
CREATE TRIGGER replay_manifests_frozen BEFORE UPDATE ON replay_manifests
  FOR EACH ROW EXECUTE FUNCTION refuse_change_of_manifest();

-- The ledger: one row for each message of a manifest that was touched. A row is there before anything is sent.
CREATE TABLE replay_items (
  replay_id      uuid NOT NULL REFERENCES replays ON DELETE CASCADE,
  -- Place in the manifest, from 0.
  position       integer NOT NULL,
  dead_letter_id uuid NOT NULL,
  -- The n-th replay of this message; NULL: never sent (skipped). One claim for each, whoever tries.
  generation     integer,
  state          text NOT NULL CHECK (state IN ('sending', 'sent', 'confirmed', 'refailed', 'skipped', 'unknown', 'cancelled')),
  message_id     text,
  epoch          bigint NOT NULL,
  claimed_at     timestamptz NOT NULL,
  sent_at        timestamptz,
  settled_at     timestamptz,
  -- What the transport answered.
  proof          text,
  reason         text,
  -- The span that proved it.
  trace_id       text,
  span_id        text,
  PRIMARY KEY (replay_id, position),
  UNIQUE (dead_letter_id, generation)
);
CREATE INDEX replay_items_state ON replay_items (replay_id, state, position);
CREATE INDEX replay_items_message ON replay_items (message_id);
CREATE INDEX replay_items_sent ON replay_items (replay_id, sent_at) WHERE sent_at IS NOT NULL;

-- Who is behind a token: four eyes are not two tokens of one person. Empty: made by Plumbline itself, or before this.
ALTER TABLE tokens ADD COLUMN created_by_id text NOT NULL DEFAULT '';
