-- In which sequence couriers chose to make their stops: ids of orders, some of which have been delivered long since.
-- +goose Up
CREATE TABLE IF NOT EXISTS runs (
    pizzeria_id INTEGER NOT NULL REFERENCES pizzerias (id),
    courier_id INTEGER NOT NULL,
    stops TEXT NOT NULL,
    PRIMARY KEY (pizzeria_id, courier_id)
);
