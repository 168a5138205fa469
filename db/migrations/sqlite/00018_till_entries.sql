-- The journal of takings, append-only; each entry carries the hash of the one before (CGI 286 I-3° bis).
-- +goose Up
CREATE TABLE IF NOT EXISTS till_entries (
    pizzeria_id INTEGER NOT NULL,
    n INTEGER NOT NULL,
    order_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    method TEXT NOT NULL,
    amount_cents INTEGER NOT NULL,
    vat TEXT NOT NULL,
    actor TEXT NOT NULL,
    happened_at DATETIME NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (pizzeria_id, n)
);
