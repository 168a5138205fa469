-- The last number given in a shop's service day.
-- +goose Up
CREATE TABLE IF NOT EXISTS order_numbers (
    pizzeria_id INTEGER NOT NULL,
    service_day TEXT NOT NULL,
    last_number INTEGER NOT NULL,
    PRIMARY KEY (pizzeria_id, service_day)
);
