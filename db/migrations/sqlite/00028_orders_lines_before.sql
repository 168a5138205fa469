-- The lines of an order as the kitchen last saw them, while it has not seen that they changed: JSON, NULL for nothing to see.
-- +goose Up
ALTER TABLE orders ADD COLUMN lines_before TEXT NULL;
