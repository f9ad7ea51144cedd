-- The alerts, and those of them that still have to be posted. May be applied again.
CREATE SCHEMA IF NOT EXISTS alerts;

CREATE TABLE IF NOT EXISTS alerts.alert (
    rule text NOT NULL,
    sensor text NOT NULL,
    at timestamptz NOT NULL,
    value double precision NOT NULL,
    condition text NOT NULL,
    key uuid NOT NULL,
    raised_at timestamptz NOT NULL DEFAULT now(),
    -- What makes handling a message twice have one effect.
    PRIMARY KEY (rule, sensor, at)
);

CREATE INDEX IF NOT EXISTS alert_raised_at ON alerts.alert (raised_at);

-- Written in the transaction of its alert, deleted once the receiver has taken it.
CREATE TABLE IF NOT EXISTS alerts.outbox (
    key uuid PRIMARY KEY,
    body text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    refusal text,
    due_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX IF NOT EXISTS outbox_due_at ON alerts.outbox (due_at);
