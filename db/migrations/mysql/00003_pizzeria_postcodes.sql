-- Where a shop delivers.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS pizzeria_postcodes (
    pizzeria_id BIGINT NOT NULL,
    postcode VARCHAR(16) COLLATE utf8mb4_bin NOT NULL,
    position INT NOT NULL,
    PRIMARY KEY (pizzeria_id, postcode),
    CONSTRAINT postcodes_pizzeria FOREIGN KEY (pizzeria_id) REFERENCES pizzerias (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
