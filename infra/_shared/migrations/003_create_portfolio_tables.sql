-- Shared: how many pieces are held, whichever project has ordered them.

-- +goose Up
CREATE SCHEMA shared;

CREATE TABLE shared.portfolio_position (
    project text PRIMARY KEY,
    quantity bigint NOT NULL CHECK (quantity >= 0)
);

-- +goose Down
DROP TABLE shared.portfolio_position;
DROP SCHEMA shared;
