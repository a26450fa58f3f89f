-- What an alert is about, by the names of the catalog: whom it concerns, and what belongs together.
ALTER TABLE alerts
  ADD COLUMN flows text[] NOT NULL DEFAULT '{}',
  ADD COLUMN systems text[] NOT NULL DEFAULT '{}';

-- Work that a trouble makes for people. Where it stands follows from its instants alone.
CREATE TABLE incidents (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  title text NOT NULL CHECK (length(title) BETWEEN 1 AND 500),
  severity text NOT NULL CHECK (severity IN ('critical', 'major', 'minor')),
  origin text NOT NULL CHECK (origin IN ('alert', 'finding', 'person')),
  flows text[] NOT NULL DEFAULT '{}' CHECK (cardinality(flows) <= 200),
  assignee uuid REFERENCES people ON DELETE SET NULL,
  -- The first bad event of the run that breached.
  impact_started_at timestamptz NOT NULL,
  detected_at timestamptz NOT NULL CHECK (detected_at >= impact_started_at),
  acknowledged_at timestamptz CHECK (acknowledged_at >= detected_at),
  restored_at timestamptz CHECK (restored_at >= impact_started_at),
  closed_at timestamptz CHECK (closed_at >= restored_at),
  -- What was learnt, written afterwards.
  summary text NOT NULL DEFAULT '' CHECK (length(summary) <= 20000),
  revision integer NOT NULL DEFAULT 1,
  CHECK (closed_at IS NULL OR restored_at IS NOT NULL)
);
CREATE INDEX incidents_open ON incidents (number DESC) WHERE closed_at IS NULL;

CREATE TABLE incident_alerts (
  episode uuid PRIMARY KEY REFERENCES alerts ON DELETE CASCADE,
  incident bigint NOT NULL REFERENCES incidents,
  -- Whether the timeline tells that it is over.
  is_over boolean NOT NULL DEFAULT false
);
CREATE INDEX incident_alerts_of ON incident_alerts (incident);
CREATE INDEX incident_alerts_lasting ON incident_alerts (episode) WHERE NOT is_over;

-- The timeline: it only grows.
CREATE TABLE incident_entries (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  incident bigint NOT NULL REFERENCES incidents,
  at timestamptz NOT NULL,
  actor_kind text NOT NULL CHECK (actor_kind IN ('person', 'token', 'system')),
  actor_name text NOT NULL,
  kind text NOT NULL CHECK (kind IN (
    'opened', 'alert', 'alert_over', 'acknowledged', 'assigned', 'changed', 'note', 'restored', 'returned', 'closed', 'reopened')),
  text text NOT NULL DEFAULT '' CHECK (length(text) <= 5000),
  episode uuid
);
CREATE INDEX incident_entries_of ON incident_entries (incident, id);
