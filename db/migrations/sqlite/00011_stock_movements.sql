-- The stock journal. One movement per order, ingredient, reason and revision: a repeated release cannot count twice. Without an order the key is NULL and holds nothing back.
-- +goose Up
CREATE TABLE IF NOT EXISTS stock_movements (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    pizzeria_id INTEGER NOT NULL,
    ingredient_id INTEGER NOT NULL,
    reason TEXT NOT NULL,
    on_hand INTEGER NOT NULL,
    reserved INTEGER NOT NULL,
    order_id INTEGER NULL,
    revision INTEGER NULL,
    actor TEXT NOT NULL,
    happened_at DATETIME NOT NULL,
    CONSTRAINT movements_once UNIQUE (order_id, ingredient_id, reason, revision)
);

CREATE INDEX IF NOT EXISTS movements_level ON stock_movements (pizzeria_id, ingredient_id);
