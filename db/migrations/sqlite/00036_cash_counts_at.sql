-- Finds a shop's last counts.
-- +goose Up
CREATE INDEX IF NOT EXISTS cash_counts_at ON cash_counts (pizzeria_id, counted_at);
