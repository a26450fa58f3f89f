-- The key by which this installation signs certificates of replays: one for all control planes, made by whichever needs it first.
CREATE TABLE signing_keys (
  purpose text PRIMARY KEY,
  id text NOT NULL,
  public_pem text NOT NULL,
  private_pem text NOT NULL,
  made_at timestamptz NOT NULL
);
