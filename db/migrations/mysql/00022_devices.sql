-- Paired wall screens.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS devices (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    pizzeria_id BIGINT NOT NULL,
    name VARCHAR(120) NOT NULL,
    paired_by VARCHAR(191) COLLATE utf8mb4_bin NOT NULL,
    paired_at DATETIME(6) NOT NULL,
    is_revoked BOOL NOT NULL DEFAULT 0,
    CONSTRAINT devices_pizzeria FOREIGN KEY (pizzeria_id) REFERENCES pizzerias (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
