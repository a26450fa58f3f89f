-- When a message of unknown outcome was last sent again, to a target that forgets the second of two.
ALTER TABLE replay_items ADD COLUMN resent_at timestamptz;
