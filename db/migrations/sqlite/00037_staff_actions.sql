-- What staff did that is no order's and no stock's: who, when, from which screen. Append-only: the program has no statement that changes a row.
-- pizzeria_id 0 is all shops.
-- +goose Up
CREATE TABLE IF NOT EXISTS staff_actions (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    pizzeria_id INTEGER NOT NULL,
    happened_at DATETIME NOT NULL,
    actor TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    role TEXT NOT NULL,
    screen TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
);

CREATE INDEX IF NOT EXISTS staff_actions_time ON staff_actions (pizzeria_id, happened_at);
