-- What was answered to a write that a phone may repeat. Kept 7 days.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS idempotency (
    principal VARCHAR(100) COLLATE utf8mb4_bin NOT NULL,
    idem_key VARCHAR(100) COLLATE utf8mb4_bin NOT NULL,
    request_hash CHAR(64) COLLATE utf8mb4_bin NOT NULL,
    kind VARCHAR(16) COLLATE utf8mb4_bin NOT NULL,
    pizzeria_id BIGINT NOT NULL DEFAULT 0,
    order_id BIGINT NOT NULL DEFAULT 0,
    token_hash VARCHAR(64) COLLATE utf8mb4_bin NOT NULL,
    refusal_kind VARCHAR(16) COLLATE utf8mb4_bin NOT NULL,
    refusal_message TEXT NOT NULL,
    refusal_line INT NOT NULL DEFAULT 0,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (principal, idem_key),
    KEY idempotency_created (created_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
