-- What may be added to a pizza of a size besides its recipe, and for how much. A quantity of 0 is offered no longer.
-- +goose Up
CREATE TABLE IF NOT EXISTS additions (
    ingredient_id INTEGER NOT NULL,
    size TEXT NOT NULL,
    price_cents INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    PRIMARY KEY (ingredient_id, size),
    CONSTRAINT additions_ingredient FOREIGN KEY (ingredient_id) REFERENCES ingredients (id),
    CHECK (price_cents >= 0 AND quantity >= 0)
);
