-- The stock journal. One movement per order, ingredient, reason and revision: a repeated release cannot count twice. Without an order the key is NULL and holds nothing back.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS stock_movements (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    pizzeria_id BIGINT NOT NULL,
    ingredient_id BIGINT NOT NULL,
    reason VARCHAR(16) COLLATE utf8mb4_bin NOT NULL,
    on_hand BIGINT NOT NULL,
    reserved BIGINT NOT NULL,
    order_id BIGINT NULL,
    revision INT NULL,
    actor VARCHAR(191) COLLATE utf8mb4_bin NOT NULL,
    happened_at DATETIME(6) NOT NULL,
    UNIQUE KEY movements_once (order_id, ingredient_id, reason, revision),
    KEY movements_level (pizzeria_id, ingredient_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
