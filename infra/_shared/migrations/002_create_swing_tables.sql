-- Project 2: what was ordered, at the price of that day.

-- +goose Up
CREATE SCHEMA project_2;

CREATE TABLE project_2.swing_order (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    quantity integer NOT NULL CHECK (quantity > 0),
    total numeric(12, 2) NOT NULL CHECK (total >= 0),
    ordered_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX swing_order_by_time ON project_2.swing_order (ordered_at);

-- +goose Down
DROP TABLE project_2.swing_order;
DROP SCHEMA project_2;
