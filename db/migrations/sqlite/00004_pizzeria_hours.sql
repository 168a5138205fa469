-- Weekly hours: weekday 0 is Sunday, minutes since midnight in France; closes_at may pass 1440.
-- +goose Up
CREATE TABLE IF NOT EXISTS pizzeria_hours (
    pizzeria_id INTEGER NOT NULL,
    n INTEGER NOT NULL,
    weekday INTEGER NOT NULL,
    opens_at INTEGER NOT NULL,
    closes_at INTEGER NOT NULL,
    PRIMARY KEY (pizzeria_id, n),
    CONSTRAINT hours_pizzeria FOREIGN KEY (pizzeria_id) REFERENCES pizzerias (id),
    CHECK (opens_at < closes_at)
);
