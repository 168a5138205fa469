-- The VAT rate (basis points) of a product in a mode of sale, from an instant on.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS vat_rules (
    product_id BIGINT NOT NULL,
    mode VARCHAR(16) COLLATE utf8mb4_bin NOT NULL,
    valid_from DATETIME(6) NOT NULL,
    rate INT NOT NULL,
    PRIMARY KEY (product_id, mode, valid_from),
    CONSTRAINT vat_product FOREIGN KEY (product_id) REFERENCES products (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
