-- What the views were last made from. A loader waits for the first row: rows that arrive before the views exist
-- would be stored and never derived.
CREATE TABLE IF NOT EXISTS derivation_applied {onCluster}
(
    AppliedAt DateTime64(3),
    CatalogHash String,
    ViewsHash String
)
ENGINE = {engine:MergeTree}
ORDER BY AppliedAt
SETTINGS {plainSettings};
