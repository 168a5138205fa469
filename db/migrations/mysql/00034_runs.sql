-- In which sequence couriers chose to make their stops: ids of orders, some of which have been delivered long since.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS runs (
    pizzeria_id BIGINT NOT NULL,
    courier_id BIGINT NOT NULL,
    stops VARCHAR(1000) COLLATE utf8mb4_bin NOT NULL,
    PRIMARY KEY (pizzeria_id, courier_id),
    CONSTRAINT runs_pizzeria FOREIGN KEY (pizzeria_id) REFERENCES pizzerias (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
