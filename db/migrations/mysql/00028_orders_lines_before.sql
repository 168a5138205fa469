-- The lines of an order as the kitchen last saw them, while it has not seen that they changed: JSON, NULL for nothing to see.
-- +goose NO TRANSACTION
-- +goose Up
SET @step = IF((SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'orders' AND COLUMN_NAME = 'lines_before') = 0,
    'ALTER TABLE orders ADD COLUMN lines_before TEXT NULL', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
