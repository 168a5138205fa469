-- What was added to the pizzas of a line, with its price, as compact JSON.
-- +goose Up
ALTER TABLE order_lines ADD COLUMN added TEXT NOT NULL DEFAULT '';
