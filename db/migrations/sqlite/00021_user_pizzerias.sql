-- Where somebody works.
-- +goose Up
CREATE TABLE IF NOT EXISTS user_pizzerias (
    user_id INTEGER NOT NULL,
    pizzeria_id INTEGER NOT NULL,
    PRIMARY KEY (user_id, pizzeria_id),
    CONSTRAINT works_user FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT works_pizzeria FOREIGN KEY (pizzeria_id) REFERENCES pizzerias (id)
);
