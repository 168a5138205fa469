-- Products that are taken off the menu. They stay among the products: orders and recipes name them.
-- +goose Up
CREATE TABLE IF NOT EXISTS products_retired (
    product_id INTEGER NOT NULL,
    retired_at DATETIME NOT NULL,
    PRIMARY KEY (product_id),
    CONSTRAINT retired_product FOREIGN KEY (product_id) REFERENCES products (id)
);
