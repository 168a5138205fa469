-- Where a shop delivers.
-- +goose Up
CREATE TABLE IF NOT EXISTS pizzeria_postcodes (
    pizzeria_id INTEGER NOT NULL,
    postcode TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (pizzeria_id, postcode),
    CONSTRAINT postcodes_pizzeria FOREIGN KEY (pizzeria_id) REFERENCES pizzerias (id)
);
