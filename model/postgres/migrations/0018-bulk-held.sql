-- Letters (by seq) that a bulk change passed over because somebody else had them locked, and who that was: it comes back for them.
ALTER TABLE dead_letter_bulks
  ADD COLUMN held bigint[] NOT NULL DEFAULT '{}',
  ADD COLUMN held_by text;
