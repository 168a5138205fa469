-- Only the SHA-256 of the cookie is stored.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS sessions (
    hash CHAR(64) COLLATE utf8mb4_bin NOT NULL,
    user_id BIGINT NOT NULL DEFAULT 0,
    device_id BIGINT NOT NULL DEFAULT 0,
    begun_at DATETIME(6) NOT NULL,
    expires_at DATETIME(6) NOT NULL,
    PRIMARY KEY (hash),
    KEY sessions_user (user_id),
    KEY sessions_device (device_id),
    KEY sessions_expiry (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
