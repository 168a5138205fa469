-- Paired wall screens.
-- +goose Up
CREATE TABLE IF NOT EXISTS devices (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    pizzeria_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    paired_by TEXT NOT NULL,
    paired_at DATETIME NOT NULL,
    is_revoked BOOLEAN NOT NULL DEFAULT 0,
    CONSTRAINT devices_pizzeria FOREIGN KEY (pizzeria_id) REFERENCES pizzerias (id)
);
