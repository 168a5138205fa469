-- Where things are, in millionths of a degree (WGS 84): each postcode that a shop serves, by its middle, and the shop itself under ''.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS places (
    pizzeria_id BIGINT NOT NULL,
    postcode VARCHAR(16) COLLATE utf8mb4_bin NOT NULL,
    latitude INT NOT NULL,
    longitude INT NOT NULL,
    PRIMARY KEY (pizzeria_id, postcode),
    CONSTRAINT places_pizzeria FOREIGN KEY (pizzeria_id) REFERENCES pizzerias (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
