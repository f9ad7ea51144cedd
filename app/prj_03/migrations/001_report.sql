-- One report a window, as the very text that was made first.
CREATE SCHEMA IF NOT EXISTS reports;

CREATE TABLE IF NOT EXISTS reports.report (
    "window" text PRIMARY KEY,
    body text NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now()
);
