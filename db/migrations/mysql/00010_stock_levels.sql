-- The level equals the sum of stock_movements at any instant. The checks stand behind the guards of each UPDATE.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS stock_levels (
    pizzeria_id BIGINT NOT NULL,
    ingredient_id BIGINT NOT NULL,
    on_hand BIGINT NOT NULL,
    reserved BIGINT NOT NULL DEFAULT 0,
    threshold BIGINT NOT NULL DEFAULT 0,
    is_out BOOL NOT NULL DEFAULT 0,
    PRIMARY KEY (pizzeria_id, ingredient_id),
    CONSTRAINT levels_pizzeria FOREIGN KEY (pizzeria_id) REFERENCES pizzerias (id),
    CONSTRAINT levels_ingredient FOREIGN KEY (ingredient_id) REFERENCES ingredients (id),
    CHECK (on_hand >= 0),
    CHECK (reserved >= 0),
    CHECK (reserved <= on_hand)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
