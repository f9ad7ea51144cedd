-- Project 1: the quick trades that its readings would have been worth.

-- +goose Up
CREATE SCHEMA project_1;

CREATE TABLE project_1.scalp_trade (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sensor text NOT NULL,
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    profit numeric(12, 2),
    CHECK (closed_at >= opened_at)
);

CREATE INDEX scalp_trade_by_sensor ON project_1.scalp_trade (sensor, opened_at);

-- +goose Down
DROP TABLE project_1.scalp_trade;
DROP SCHEMA project_1;
