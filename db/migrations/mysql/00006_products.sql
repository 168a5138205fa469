-- The menu.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS products (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    slug VARCHAR(64) COLLATE utf8mb4_bin NOT NULL,
    name VARCHAR(120) NOT NULL,
    description VARCHAR(500) NOT NULL,
    kind VARCHAR(16) COLLATE utf8mb4_bin NOT NULL,
    position INT NOT NULL,
    oven_seconds INT NOT NULL DEFAULT 0,
    UNIQUE KEY products_slug (slug)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
