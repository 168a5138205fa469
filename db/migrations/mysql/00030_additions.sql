-- What may be added to a pizza of a size besides its recipe, and for how much. A quantity of 0 is offered no longer.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS additions (
    ingredient_id BIGINT NOT NULL,
    size VARCHAR(16) COLLATE utf8mb4_bin NOT NULL,
    price_cents BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    PRIMARY KEY (ingredient_id, size),
    CONSTRAINT additions_ingredient FOREIGN KEY (ingredient_id) REFERENCES ingredients (id),
    CHECK (price_cents >= 0 AND quantity >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
