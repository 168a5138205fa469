-- The lines as sold: a later change of the menu does not change them. Lists are compact JSON.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS order_lines (
    order_id BIGINT NOT NULL,
    n INT NOT NULL,
    product VARCHAR(64) COLLATE utf8mb4_bin NOT NULL,
    name VARCHAR(120) NOT NULL,
    kind VARCHAR(16) COLLATE utf8mb4_bin NOT NULL,
    size VARCHAR(16) COLLATE utf8mb4_bin NOT NULL,
    quantity INT NOT NULL,
    unit_price BIGINT NOT NULL,
    vat_rate INT NOT NULL,
    without_slugs TEXT NOT NULL,
    removed_names TEXT NOT NULL,
    allergens TEXT NOT NULL,
    recipe TEXT NOT NULL,
    items TEXT NOT NULL,
    PRIMARY KEY (order_id, n),
    CONSTRAINT lines_order FOREIGN KEY (order_id) REFERENCES orders (id),
    CHECK (quantity > 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
