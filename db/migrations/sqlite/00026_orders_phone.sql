-- Finds a customer's last orders by the telephone number, at the till.
-- +goose Up
CREATE INDEX IF NOT EXISTS orders_phone ON orders (pizzeria_id, contact_phone, placed_at);
