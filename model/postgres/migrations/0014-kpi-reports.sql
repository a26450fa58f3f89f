-- The mails on KPIs that went out: one row for each report and period, written before the mail is sent.
CREATE TABLE kpi_report_mails (
  report text NOT NULL CHECK (length(report) BETWEEN 1 AND 63),
  -- First date of the period, in the report's time zone.
  date date NOT NULL,
  -- Whoever died while sending leaves 'sending', which becomes 'unknown' and is never sent again.
  outcome text NOT NULL CHECK (outcome IN ('sending', 'sent', 'failed', 'unknown')),
  attempts integer NOT NULL,
  at timestamptz NOT NULL,
  reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 2000),
  PRIMARY KEY (report, date)
);
