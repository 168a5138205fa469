-- Only the SHA-256 of the cookie is stored.
-- +goose Up
CREATE TABLE IF NOT EXISTS sessions (
    hash TEXT NOT NULL,
    user_id INTEGER NOT NULL DEFAULT 0,
    device_id INTEGER NOT NULL DEFAULT 0,
    begun_at DATETIME NOT NULL,
    expires_at DATETIME NOT NULL,
    PRIMARY KEY (hash)
);

CREATE INDEX IF NOT EXISTS sessions_user ON sessions (user_id);

CREATE INDEX IF NOT EXISTS sessions_device ON sessions (device_id);

CREATE INDEX IF NOT EXISTS sessions_expiry ON sessions (expires_at);
