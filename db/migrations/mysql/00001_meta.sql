-- Facts about the database itself, such as « demo ».
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS meta (
    name VARCHAR(64) COLLATE utf8mb4_bin NOT NULL,
    value VARCHAR(191) NOT NULL,
    PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
