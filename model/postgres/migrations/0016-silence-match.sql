-- What a silence, or one that is only planned, matches: everything that it names. The one place where that is decided.
CREATE FUNCTION silence_covers(alert alerts, named_key text, named_flow text, named_system text, named_severity text)
RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT (named_key IS NULL OR named_key = alert.key)
    AND (named_flow IS NULL OR named_flow = ANY (alert.flows))
    AND (named_system IS NULL OR named_system = ANY (alert.systems))
    AND (named_severity IS NULL OR named_severity = alert.severity)
$$;

CREATE OR REPLACE FUNCTION is_silenced(alert alerts, at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM silences s
    WHERE s.starts_at <= at AND at < s.ends_at AND silence_covers(alert, s.key, s.flow, s.system, s.severity))
$$;
