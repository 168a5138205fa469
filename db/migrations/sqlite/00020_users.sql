-- Staff. password_hash is argon2id in PHC form.
-- +goose Up
CREATE TABLE IF NOT EXISTS users (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    login TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    is_demo BOOLEAN NOT NULL DEFAULT 0,
    is_disabled BOOLEAN NOT NULL DEFAULT 0,
    CONSTRAINT users_login UNIQUE (login)
);
