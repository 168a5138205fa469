-- What one unit of a variant takes, in the order of the make line.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS recipe_parts (
    product_id BIGINT NOT NULL,
    size VARCHAR(16) COLLATE utf8mb4_bin NOT NULL,
    n INT NOT NULL,
    ingredient_id BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    PRIMARY KEY (product_id, size, n),
    CONSTRAINT parts_variant FOREIGN KEY (product_id, size) REFERENCES variants (product_id, size),
    CONSTRAINT parts_ingredient FOREIGN KEY (ingredient_id) REFERENCES ingredients (id),
    CHECK (quantity > 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
