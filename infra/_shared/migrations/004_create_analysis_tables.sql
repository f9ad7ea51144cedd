-- Analysis: what the orders of a day come to. A view, for it is never behind.

-- +goose Up
CREATE SCHEMA analysis;

CREATE VIEW analysis.ordered_by_day AS
SELECT
    (ordered_at AT TIME ZONE 'UTC')::date AS day,
    count(*) AS orders,
    sum(quantity) AS quantity,
    sum(total) AS total
FROM project_2.swing_order
GROUP BY 1;

-- +goose Down
DROP VIEW analysis.ordered_by_day;
DROP SCHEMA analysis;
