-- A product in one size, with its price in cents, VAT included.
-- +goose Up
CREATE TABLE IF NOT EXISTS variants (
    product_id INTEGER NOT NULL,
    size TEXT NOT NULL,
    position INTEGER NOT NULL,
    price_cents INTEGER NOT NULL,
    PRIMARY KEY (product_id, size),
    CONSTRAINT variants_product FOREIGN KEY (product_id) REFERENCES products (id),
    CHECK (price_cents >= 0)
);
