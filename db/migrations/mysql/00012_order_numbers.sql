-- The last number given in a shop's service day.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS order_numbers (
    pizzeria_id BIGINT NOT NULL,
    service_day CHAR(10) COLLATE utf8mb4_bin NOT NULL,
    last_number INT NOT NULL,
    PRIMARY KEY (pizzeria_id, service_day)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
