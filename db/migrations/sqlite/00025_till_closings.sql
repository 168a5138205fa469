-- The till's daily, monthly and yearly closings, append-only; each carries the hash of the one before (CGI 286 I-3° bis).
-- +goose Up
CREATE TABLE IF NOT EXISTS till_closings (
    pizzeria_id INTEGER NOT NULL,
    n INTEGER NOT NULL,
    period TEXT NOT NULL,
    last_entry INTEGER NOT NULL,
    last_entry_hash TEXT NOT NULL,
    entries INTEGER NOT NULL,
    amount_cents INTEGER NOT NULL,
    refunds_cents INTEGER NOT NULL,
    vat TEXT NOT NULL,
    methods TEXT NOT NULL,
    running_cents INTEGER NOT NULL,
    closed_at DATETIME NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (pizzeria_id, n),
    UNIQUE (pizzeria_id, period)
);
