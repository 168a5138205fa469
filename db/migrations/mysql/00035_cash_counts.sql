-- What couriers counted at the end of a shift against what the till expected, and the change that they took along; append-only.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS cash_counts (
    pizzeria_id BIGINT NOT NULL,
    courier_id BIGINT NOT NULL,
    n INT NOT NULL,
    courier_name VARCHAR(191) NOT NULL,
    is_start BOOL NOT NULL DEFAULT 0,
    counted_at DATETIME(6) NOT NULL,
    since_at DATETIME(6) NOT NULL,
    after_entry BIGINT NOT NULL,
    last_entry BIGINT NOT NULL,
    float_cents BIGINT NOT NULL,
    expected TEXT NOT NULL,
    again INT NOT NULL DEFAULT 0,
    cash_cents BIGINT NOT NULL,
    cheques INT NOT NULL,
    vouchers INT NOT NULL,
    PRIMARY KEY (pizzeria_id, courier_id, n),
    CONSTRAINT cash_counts_pizzeria FOREIGN KEY (pizzeria_id) REFERENCES pizzerias (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
