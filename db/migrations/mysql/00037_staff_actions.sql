-- What staff did that is no order's and no stock's: who, when, from which screen. Append-only: the program has no statement that changes a row.
-- pizzeria_id 0 is all shops.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS staff_actions (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    pizzeria_id BIGINT NOT NULL,
    happened_at DATETIME(6) NOT NULL,
    actor VARCHAR(191) COLLATE utf8mb4_bin NOT NULL,
    actor_name VARCHAR(191) NOT NULL,
    role VARCHAR(16) COLLATE utf8mb4_bin NOT NULL,
    screen VARCHAR(64) COLLATE utf8mb4_bin NOT NULL,
    action VARCHAR(32) COLLATE utf8mb4_bin NOT NULL,
    subject VARCHAR(191) NOT NULL,
    detail VARCHAR(500) NOT NULL,
    KEY staff_actions_time (pizzeria_id, happened_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
