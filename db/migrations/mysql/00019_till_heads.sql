-- The last entry of each till: the row that entries queue for.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS till_heads (
    pizzeria_id BIGINT NOT NULL,
    n BIGINT NOT NULL,
    hash VARCHAR(64) COLLATE utf8mb4_bin NOT NULL,
    PRIMARY KEY (pizzeria_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
