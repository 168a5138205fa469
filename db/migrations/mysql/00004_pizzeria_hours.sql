-- Weekly hours: weekday 0 is Sunday, minutes since midnight in France; closes_at may pass 1440.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS pizzeria_hours (
    pizzeria_id BIGINT NOT NULL,
    n INT NOT NULL,
    weekday INT NOT NULL,
    opens_at INT NOT NULL,
    closes_at INT NOT NULL,
    PRIMARY KEY (pizzeria_id, n),
    CONSTRAINT hours_pizzeria FOREIGN KEY (pizzeria_id) REFERENCES pizzerias (id),
    CHECK (opens_at < closes_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
