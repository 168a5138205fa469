-- A product in one size, with its price in cents, VAT included.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS variants (
    product_id BIGINT NOT NULL,
    size VARCHAR(16) COLLATE utf8mb4_bin NOT NULL,
    position INT NOT NULL,
    price_cents BIGINT NOT NULL,
    PRIMARY KEY (product_id, size),
    CONSTRAINT variants_product FOREIGN KEY (product_id) REFERENCES products (id),
    CHECK (price_cents >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
