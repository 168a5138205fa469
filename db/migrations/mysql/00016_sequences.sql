-- How far each shop has come. Its own table without a foreign key: on pizzerias it made deadlocks with every order. The epoch changes when the database is restored.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS sequences (
    pizzeria_id BIGINT NOT NULL,
    epoch VARCHAR(64) COLLATE utf8mb4_bin NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (pizzeria_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
