-- Which pizza of its line a step is of; 0, as in all steps of before, is all of them.
-- +goose Up
ALTER TABLE order_steps ADD COLUMN pizza INTEGER NOT NULL DEFAULT 0;
