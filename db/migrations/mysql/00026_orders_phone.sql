-- Finds a customer's last orders by the telephone number, at the till. MySQL has no CREATE INDEX IF NOT EXISTS: the first statement looks, so
-- that the migration may be run again after it failed between the index and its own row.
-- +goose NO TRANSACTION
-- +goose Up
SET @step = IF((SELECT COUNT(*) FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'orders' AND INDEX_NAME = 'orders_phone') = 0,
    'CREATE INDEX orders_phone ON orders (pizzeria_id, contact_phone, placed_at)', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
