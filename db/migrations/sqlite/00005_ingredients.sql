-- What is in stock, in whole units.
-- +goose Up
CREATE TABLE IF NOT EXISTS ingredients (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    unit TEXT NOT NULL,
    diet TEXT NOT NULL,
    allergens TEXT NOT NULL,
    is_base BOOLEAN NOT NULL DEFAULT 0,
    CONSTRAINT ingredients_slug UNIQUE (slug)
);
