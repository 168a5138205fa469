-- What is in stock, in whole units.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS ingredients (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    slug VARCHAR(64) COLLATE utf8mb4_bin NOT NULL,
    name VARCHAR(120) NOT NULL,
    unit VARCHAR(16) COLLATE utf8mb4_bin NOT NULL,
    diet VARCHAR(16) COLLATE utf8mb4_bin NOT NULL,
    allergens TEXT NOT NULL,
    is_base BOOL NOT NULL DEFAULT 0,
    UNIQUE KEY ingredients_slug (slug)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
