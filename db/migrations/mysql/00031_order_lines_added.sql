-- What was added to the pizzas of a line, with its price, as compact JSON. The first statement looks, so that the migration may be run again
-- after it failed between the column and its own row.
-- +goose NO TRANSACTION
-- +goose Up
SET @step = IF((SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'order_lines' AND COLUMN_NAME = 'added') = 0,
    'ALTER TABLE order_lines ADD COLUMN added VARCHAR(2000) NOT NULL DEFAULT ''''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
