-- The menu.
-- +goose Up
CREATE TABLE IF NOT EXISTS products (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    kind TEXT NOT NULL,
    position INTEGER NOT NULL,
    oven_seconds INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT products_slug UNIQUE (slug)
);
