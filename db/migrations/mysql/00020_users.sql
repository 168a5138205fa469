-- Staff. password_hash is argon2id in PHC form.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS users (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    login VARCHAR(64) COLLATE utf8mb4_bin NOT NULL,
    name VARCHAR(120) NOT NULL,
    role VARCHAR(16) COLLATE utf8mb4_bin NOT NULL,
    password_hash VARCHAR(191) COLLATE utf8mb4_bin NOT NULL,
    is_demo BOOL NOT NULL DEFAULT 0,
    is_disabled BOOL NOT NULL DEFAULT 0,
    UNIQUE KEY users_login (login)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
