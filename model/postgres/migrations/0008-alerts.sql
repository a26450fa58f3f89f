-- One row an episode: an alert that fires anew is a new row under the same key.
CREATE TABLE alerts (
  episode uuid PRIMARY KEY,
  -- The identity of the alert, made of facts that stay: 'objective:orders-in-step:fast'.
  key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
  severity text NOT NULL CHECK (severity IN ('page', 'ticket')),
  title text NOT NULL CHECK (length(title) BETWEEN 1 AND 500),
  summary text NOT NULL CHECK (length(summary) <= 5000),
  facts jsonb NOT NULL DEFAULT '[]',
  links jsonb NOT NULL DEFAULT '[]',
  -- The names of the channels that are told, as they were when it fired.
  channels text[] NOT NULL,
  -- The first bad event of the run that it stands for.
  started_at timestamptz NOT NULL,
  fired_at timestamptz NOT NULL,
  resolved_at timestamptz CHECK (resolved_at >= fired_at),
  muted_until timestamptz
);
CREATE UNIQUE INDEX alerts_firing ON alerts (key) WHERE resolved_at IS NULL;
CREATE INDEX alerts_of_key ON alerts (key, fired_at DESC);
CREATE INDEX alerts_newest ON alerts (fired_at DESC, episode DESC);

-- What each channel believes of each alert, and what is on its way to it.
CREATE TABLE alert_courses (
  key text NOT NULL,
  channel text NOT NULL,
  believes text NOT NULL DEFAULT 'no' CHECK (believes IN ('no', 'maybe', 'yes')),
  episode uuid,
  sending jsonb,
  tried jsonb,
  not_before timestamptz NOT NULL,
  told_at timestamptz,
  updates integer NOT NULL DEFAULT 0,
  -- Whoever sends holds it for so long; afterwards it is not known what became of it.
  lease uuid,
  lease_until timestamptz,
  PRIMARY KEY (key, channel),
  CHECK ((sending IS NULL) = (lease IS NULL))
);
CREATE INDEX alert_courses_open ON alert_courses (channel, not_before);

-- Every attempt to tell a channel something, with what went out and what came back.
CREATE TABLE alert_deliveries (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key text NOT NULL,
  channel text NOT NULL,
  episode uuid NOT NULL,
  act_id text NOT NULL,
  action text NOT NULL CHECK (action IN ('trigger', 'update', 'resolve')),
  at timestamptz NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('delivered', 'failed', 'refused', 'gone', 'unknown')),
  reason text NOT NULL,
  request text NOT NULL,
  answer text NOT NULL
);
CREATE INDEX alert_deliveries_of_key ON alert_deliveries (key, id DESC);
CREATE INDEX alert_deliveries_of_channel ON alert_deliveries (channel, id DESC);
CREATE INDEX alert_deliveries_by_age ON alert_deliveries (at);
