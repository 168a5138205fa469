-- The last entry of each till: the row that entries queue for.
-- +goose Up
CREATE TABLE IF NOT EXISTS till_heads (
    pizzeria_id INTEGER NOT NULL,
    n INTEGER NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (pizzeria_id)
);
