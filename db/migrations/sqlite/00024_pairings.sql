-- Codes shown on unpaired screens.
-- +goose Up
CREATE TABLE IF NOT EXISTS pairings (
    code TEXT NOT NULL,
    session_hash TEXT NOT NULL,
    valid_until DATETIME NOT NULL,
    PRIMARY KEY (code)
);

CREATE INDEX IF NOT EXISTS pairings_until ON pairings (valid_until);
