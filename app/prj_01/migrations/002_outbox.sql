-- What is stored and not yet published, written with the readings themselves.
CREATE TABLE IF NOT EXISTS readings.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sensor text NOT NULL,
    at timestamptz NOT NULL,
    value double precision NOT NULL
);
