-- Where somebody works.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS user_pizzerias (
    user_id BIGINT NOT NULL,
    pizzeria_id BIGINT NOT NULL,
    PRIMARY KEY (user_id, pizzeria_id),
    CONSTRAINT works_user FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT works_pizzeria FOREIGN KEY (pizzeria_id) REFERENCES pizzerias (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
