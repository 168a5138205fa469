-- How far each shop has come. Its own table without a foreign key: on pizzerias it made deadlocks with every order. The epoch changes when the database is restored.
-- +goose Up
CREATE TABLE IF NOT EXISTS sequences (
    pizzeria_id INTEGER NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (pizzeria_id)
);
