-- The journal of an order: who did what, from which screen.
-- +goose Up
CREATE TABLE IF NOT EXISTS order_steps (
    order_id INTEGER NOT NULL,
    n INTEGER NOT NULL,
    happened_at DATETIME NOT NULL,
    actor TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    role TEXT NOT NULL,
    screen TEXT NOT NULL,
    line INTEGER NOT NULL,
    from_state TEXT NOT NULL,
    to_state TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (order_id, n),
    CONSTRAINT steps_order FOREIGN KEY (order_id) REFERENCES orders (id)
);
