-- Finds what a shop took between two instants: the days of its history, and the same weekday a week before.
-- +goose Up
CREATE INDEX IF NOT EXISTS till_entries_time ON till_entries (pizzeria_id, happened_at);
