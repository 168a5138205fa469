-- Codes shown on unpaired screens.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS pairings (
    code VARCHAR(32) COLLATE utf8mb4_bin NOT NULL,
    session_hash CHAR(64) COLLATE utf8mb4_bin NOT NULL,
    valid_until DATETIME(6) NOT NULL,
    PRIMARY KEY (code),
    KEY pairings_until (valid_until)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
