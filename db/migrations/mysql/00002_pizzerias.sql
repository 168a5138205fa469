-- The shops. Nothing that changes at each order stands here: the orders' foreign key reads this row.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS pizzerias (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    slug VARCHAR(64) COLLATE utf8mb4_bin NOT NULL,
    position INT NOT NULL,
    name VARCHAR(120) NOT NULL,
    address VARCHAR(191) NOT NULL,
    city VARCHAR(120) NOT NULL,
    phone VARCHAR(32) COLLATE utf8mb4_bin NOT NULL,
    always_open BOOL NOT NULL DEFAULT 0,
    oven_pizzas INT NOT NULL,
    delivery_minutes INT NOT NULL,
    UNIQUE KEY pizzerias_slug (slug),
    CHECK (oven_pizzas > 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
