-- The VAT rate (basis points) of a product in a mode of sale, from an instant on.
-- +goose Up
CREATE TABLE IF NOT EXISTS vat_rules (
    product_id INTEGER NOT NULL,
    mode TEXT NOT NULL,
    valid_from DATETIME NOT NULL,
    rate INTEGER NOT NULL,
    PRIMARY KEY (product_id, mode, valid_from),
    CONSTRAINT vat_product FOREIGN KEY (product_id) REFERENCES products (id)
);
