-- The shops. Nothing that changes at each order stands here: the orders' foreign key reads this row.
-- +goose Up
CREATE TABLE IF NOT EXISTS pizzerias (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    slug TEXT NOT NULL,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    city TEXT NOT NULL,
    phone TEXT NOT NULL,
    always_open BOOLEAN NOT NULL DEFAULT 0,
    oven_pizzas INTEGER NOT NULL,
    delivery_minutes INTEGER NOT NULL,
    CONSTRAINT pizzerias_slug UNIQUE (slug),
    CHECK (oven_pizzas > 0)
);
