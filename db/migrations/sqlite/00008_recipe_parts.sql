-- What one unit of a variant takes, in the order of the make line.
-- +goose Up
CREATE TABLE IF NOT EXISTS recipe_parts (
    product_id INTEGER NOT NULL,
    size TEXT NOT NULL,
    n INTEGER NOT NULL,
    ingredient_id INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    PRIMARY KEY (product_id, size, n),
    CONSTRAINT parts_variant FOREIGN KEY (product_id, size) REFERENCES variants (product_id, size),
    CONSTRAINT parts_ingredient FOREIGN KEY (ingredient_id) REFERENCES ingredients (id),
    CHECK (quantity > 0)
);
