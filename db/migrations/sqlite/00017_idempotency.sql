-- What was answered to a write that a phone may repeat. Kept 7 days.
-- +goose Up
CREATE TABLE IF NOT EXISTS idempotency (
    principal TEXT NOT NULL,
    idem_key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    kind TEXT NOT NULL,
    pizzeria_id INTEGER NOT NULL DEFAULT 0,
    order_id INTEGER NOT NULL DEFAULT 0,
    token_hash TEXT NOT NULL,
    refusal_kind TEXT NOT NULL,
    refusal_message TEXT NOT NULL,
    refusal_line INTEGER NOT NULL DEFAULT 0,
    created_at DATETIME NOT NULL,
    PRIMARY KEY (principal, idem_key)
);

CREATE INDEX IF NOT EXISTS idempotency_created ON idempotency (created_at);
