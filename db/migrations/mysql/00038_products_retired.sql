-- Products that are taken off the menu. They stay among the products: orders and recipes name them.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS products_retired (
    product_id BIGINT NOT NULL,
    retired_at DATETIME(6) NOT NULL,
    PRIMARY KEY (product_id),
    CONSTRAINT retired_product FOREIGN KEY (product_id) REFERENCES products (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
