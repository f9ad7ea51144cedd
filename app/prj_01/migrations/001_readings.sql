-- What was read, and what it comes to by the minute.
CREATE SCHEMA IF NOT EXISTS readings;

CREATE TABLE IF NOT EXISTS readings.reading (
    sensor text,
    at timestamptz,
    value double precision NOT NULL,
    PRIMARY KEY (sensor, at)
);

CREATE TABLE IF NOT EXISTS readings.minute (
    sensor text,
    minute timestamptz,
    count bigint NOT NULL,
    minimum double precision NOT NULL,
    maximum double precision NOT NULL,
    mean double precision NOT NULL,
    PRIMARY KEY (sensor, minute)
);

-- The minutes that have got readings since they were aggregated last, however late those came.
CREATE TABLE IF NOT EXISTS readings.stale_minute (
    sensor text,
    minute timestamptz,
    marked timestamptz NOT NULL,
    PRIMARY KEY (sensor, minute)
);

-- Up to where each feed is stored, written with the readings themselves.
CREATE TABLE IF NOT EXISTS readings.progress (
    feed text PRIMARY KEY,
    sequence bigint NOT NULL,
    at timestamptz NOT NULL
);
