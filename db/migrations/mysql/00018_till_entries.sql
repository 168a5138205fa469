-- The journal of takings, append-only; each entry carries the hash of the one before (CGI 286 I-3° bis).
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS till_entries (
    pizzeria_id BIGINT NOT NULL,
    n BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    kind VARCHAR(16) COLLATE utf8mb4_bin NOT NULL,
    method VARCHAR(16) COLLATE utf8mb4_bin NOT NULL,
    amount_cents BIGINT NOT NULL,
    vat TEXT NOT NULL,
    actor VARCHAR(191) COLLATE utf8mb4_bin NOT NULL,
    happened_at DATETIME(6) NOT NULL,
    previous_hash VARCHAR(64) COLLATE utf8mb4_bin NOT NULL,
    hash CHAR(64) COLLATE utf8mb4_bin NOT NULL,
    PRIMARY KEY (pizzeria_id, n)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
