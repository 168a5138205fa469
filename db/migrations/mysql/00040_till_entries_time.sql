-- Finds what a shop took between two instants: the days of its history, and the same weekday a week before. See 00026 for the first statement.
-- +goose NO TRANSACTION
-- +goose Up
SET @step = IF((SELECT COUNT(*) FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'till_entries' AND INDEX_NAME = 'till_entries_time') = 0,
    'CREATE INDEX till_entries_time ON till_entries (pizzeria_id, happened_at)', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
