-- Finds a shop's last counts. MySQL has no CREATE INDEX IF NOT EXISTS: the first statement looks, so that the migration may be run again after it
-- failed between the index and its own row.
-- +goose NO TRANSACTION
-- +goose Up
SET @step = IF((SELECT COUNT(*) FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'cash_counts' AND INDEX_NAME = 'cash_counts_at') = 0,
    'CREATE INDEX cash_counts_at ON cash_counts (pizzeria_id, counted_at)', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
