-- Where things are, in millionths of a degree (WGS 84): each postcode that a shop serves, by its middle, and the shop itself under ''.
-- +goose Up
CREATE TABLE IF NOT EXISTS places (
    pizzeria_id INTEGER NOT NULL REFERENCES pizzerias (id),
    postcode TEXT NOT NULL,
    latitude INTEGER NOT NULL,
    longitude INTEGER NOT NULL,
    PRIMARY KEY (pizzeria_id, postcode)
);
