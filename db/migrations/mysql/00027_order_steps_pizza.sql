-- Which pizza of its line a step is of; 0, as in all steps of before, is all of them. MySQL has no ADD COLUMN IF NOT EXISTS: the first statement
-- looks, so that the migration may be run again after it failed between the column and its own row.
-- +goose NO TRANSACTION
-- +goose Up
SET @step = IF((SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'order_steps' AND COLUMN_NAME = 'pizza') = 0,
    'ALTER TABLE order_steps ADD COLUMN pizza INT NOT NULL DEFAULT 0', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
