-- The lines as sold: a later change of the menu does not change them. Lists are compact JSON.
-- +goose Up
CREATE TABLE IF NOT EXISTS order_lines (
    order_id INTEGER NOT NULL,
    n INTEGER NOT NULL,
    product TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    size TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    unit_price INTEGER NOT NULL,
    vat_rate INTEGER NOT NULL,
    without_slugs TEXT NOT NULL,
    removed_names TEXT NOT NULL,
    allergens TEXT NOT NULL,
    recipe TEXT NOT NULL,
    items TEXT NOT NULL,
    PRIMARY KEY (order_id, n),
    CONSTRAINT lines_order FOREIGN KEY (order_id) REFERENCES orders (id),
    CHECK (quantity > 0)
);
