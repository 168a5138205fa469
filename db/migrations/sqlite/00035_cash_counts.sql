-- What couriers counted at the end of a shift against what the till expected, and the change that they took along; append-only.
-- +goose Up
CREATE TABLE IF NOT EXISTS cash_counts (
    pizzeria_id INTEGER NOT NULL REFERENCES pizzerias (id),
    courier_id INTEGER NOT NULL,
    n INTEGER NOT NULL,
    courier_name TEXT NOT NULL,
    is_start BOOLEAN NOT NULL DEFAULT 0,
    counted_at DATETIME NOT NULL,
    since_at DATETIME NOT NULL,
    after_entry INTEGER NOT NULL,
    last_entry INTEGER NOT NULL,
    float_cents INTEGER NOT NULL,
    expected TEXT NOT NULL,
    again INTEGER NOT NULL DEFAULT 0,
    cash_cents INTEGER NOT NULL,
    cheques INTEGER NOT NULL,
    vouchers INTEGER NOT NULL,
    PRIMARY KEY (pizzeria_id, courier_id, n)
);
