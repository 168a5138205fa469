-- The till's daily, monthly and yearly closings, append-only; each carries the hash of the one before (CGI 286 I-3° bis).
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS till_closings (
    pizzeria_id BIGINT NOT NULL,
    n BIGINT NOT NULL,
    period VARCHAR(10) COLLATE utf8mb4_bin NOT NULL,
    last_entry BIGINT NOT NULL,
    last_entry_hash VARCHAR(64) COLLATE utf8mb4_bin NOT NULL,
    entries BIGINT NOT NULL,
    amount_cents BIGINT NOT NULL,
    refunds_cents BIGINT NOT NULL,
    vat TEXT NOT NULL,
    methods TEXT NOT NULL,
    running_cents BIGINT NOT NULL,
    closed_at DATETIME(6) NOT NULL,
    previous_hash VARCHAR(64) COLLATE utf8mb4_bin NOT NULL,
    hash CHAR(64) COLLATE utf8mb4_bin NOT NULL,
    PRIMARY KEY (pizzeria_id, n),
    UNIQUE KEY till_closings_period (pizzeria_id, period)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
