-- Messages of one key that are not settled, oldest first: what a replay of a serial flow must look at before it sends one of them.
CREATE INDEX dead_letters_order ON dead_letters (flow, (keys[1]), seq)
  WHERE state IN ('open', 'acknowledged', 'replaying');

-- What the ledger says of a replay that nobody works on, kept so that lists need not count it. NULL: count it.
ALTER TABLE replays ADD COLUMN counts jsonb;
CREATE INDEX replays_uncounted ON replays (seq) WHERE counts IS NULL;

-- Whoever touches the ledger voids what was counted. The lock keeps a count from being written meanwhile: keep-counts.ts takes the
-- stronger one.
CREATE FUNCTION void_replay_counts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  ids uuid[];
BEGIN
  ids := ARRAY(SELECT DISTINCT replay_id FROM changed ORDER BY 1);
  PERFORM 1 FROM replays WHERE id = ANY (ids) ORDER BY id FOR KEY SHARE;
  UPDATE replays SET counts = NULL WHERE id = ANY (ids) AND counts IS NOT NULL;
  RETURN NULL;
END
$$;
CREATE TRIGGER replay_items_added AFTER INSERT ON replay_items
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION void_replay_counts();
CREATE TRIGGER replay_items_changed AFTER UPDATE ON replay_items
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION void_replay_counts();
CREATE TRIGGER replay_items_removed AFTER DELETE ON replay_items
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION void_replay_counts();
