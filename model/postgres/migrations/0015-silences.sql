-- Somebody has it: repeats wait until then.
ALTER TABLE alerts
  ADD COLUMN acknowledged_at timestamptz,
  ADD COLUMN acknowledged_by text,
  ADD COLUMN acknowledged_until timestamptz CHECK (acknowledged_until > acknowledged_at);

-- What is not to be told for a while. An alert matches when it meets everything that is named; nothing named is refused.
CREATE TABLE silences (
  id uuid PRIMARY KEY,
  key text,
  flow text,
  system text,
  severity text CHECK (severity IN ('page', 'ticket')),
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL CHECK (ends_at >= starts_at),
  reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  -- Who ended it early.
  ended_by text,
  CHECK (key IS NOT NULL OR flow IS NOT NULL OR system IS NOT NULL OR severity IS NOT NULL)
);
CREATE INDEX silences_by_end ON silences (ends_at DESC, id DESC);

-- Whether a silence holds an alert back at an instant: the one place where that is decided.
CREATE FUNCTION is_silenced(alert alerts, at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM silences s
    WHERE s.starts_at <= at AND at < s.ends_at
      AND (s.key IS NULL OR s.key = alert.key)
      AND (s.flow IS NULL OR s.flow = ANY (alert.flows))
      AND (s.system IS NULL OR s.system = ANY (alert.systems))
      AND (s.severity IS NULL OR s.severity = alert.severity))
$$;

-- Whether anything holds back what begins or repeats: a silence, an acknowledgement, or the alert's own mute.
CREATE FUNCTION is_muted(alert alerts, at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT coalesce(at < alert.muted_until, false) OR coalesce(at < alert.acknowledged_until, false) OR is_silenced(alert, at)
$$;
